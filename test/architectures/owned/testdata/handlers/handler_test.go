package handlers

var notCounted = 1 // workflow
