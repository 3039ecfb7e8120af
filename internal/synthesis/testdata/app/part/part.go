// Package part is a part of the app.
package part

import "os"

// Name is in the assembly.
const Name = "part"

// Settings is read before main begins.
var Settings, _ = os.ReadFile("settings.yaml")
