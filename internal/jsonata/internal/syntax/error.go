package syntax

// Error reports why a text is not an expression.
type Error struct {
	Code     string // jsonata's error code, such as S0201; empty for TooDeep and Message
	Position int    // a byte offset
	Token    any    // the token at fault, as error messages show it; nil if there is none
	NoToken  bool   // the token at fault is the end of the source, shown as an empty string
	Value    any    // the offending or expected value, if any
	TooDeep  bool   // the source nests too deeply
	Message  string // why a regular expression does not compile
}
