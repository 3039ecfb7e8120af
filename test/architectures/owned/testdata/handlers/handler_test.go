package handlers

var notCounted = 1
