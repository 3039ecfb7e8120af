// Package page has the files of the console's page. A browser loads them as they are:
// there is no build.
package page

import "embed"

// Files are the files, by their paths in the address of the console.
//
//go:embed index.html icon.svg *.css js/*.js vendor/*.mjs
var Files embed.FS
