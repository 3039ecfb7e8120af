// Package syntax parses JSONata expressions into a tree and tells which
// variables and which input an expression uses.
package syntax
