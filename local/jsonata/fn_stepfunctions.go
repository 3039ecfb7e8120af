package jsonata

var stepFunctions = []*native{}
