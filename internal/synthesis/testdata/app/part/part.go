// Package part is a part of the app.
package part

// Name is in the assembly.
const Name = "part"
