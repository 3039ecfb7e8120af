//go:build !unix

package process

import "os/exec"

// Without process groups, only the program itself ends.

func ownGroup(*exec.Cmd)            {}
func terminate(cmd *exec.Cmd) error { return cmd.Process.Kill() }
func kill(*exec.Cmd)                {}
func guard(*exec.Cmd) (end func())  { return func() {} }
