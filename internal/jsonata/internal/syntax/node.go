package syntax

import "github.com/mapjob/mapjob/internal/jsonata/internal/regex"

// Kind distinguishes syntax nodes.
type Kind uint8

const (
	kindEnd      Kind = iota // the end of the source, where an expression was expected
	KindName                 // a field
	KindVariable             // $x, $, $$
	KindString
	KindNumber
	KindConstant // true, false, null
	KindRegex
	kindOperator    // and, or, in, ? where an operand was expected
	KindBinary      // arithmetic, comparison, logic, &, .., in
	KindNegate      // -x
	KindArray       // [ … ]
	KindObject      // { … }
	KindWildcard    // *
	KindDescendants // **
	KindParent      // %
	KindBlock       // ( … ; … )
	KindCondition   // ? :
	KindBind        // :=
	KindApply       // ~>
	KindCall        // f( … )
	KindPartial     // f( … ? … )
	KindPlaceholder // the ? of a partial application
	KindLambda      // function( … ){ … }
	KindTransform   // | … | … |
	KindPath        // a.b.c
	KindSort        // ^( … ), a step of a path

	// Parsed kinds, which resolve folds into paths:
	kindDot       // a . b
	kindPredicate // a [ b ]
	kindGroup     // a { … }
	kindOrder     // a ^ ( … )
	kindFocus     // a @ $b
	kindIndex     // a # $b
)

// kindNames holds jsonata's names of the node types, which error S0217 shows.
var kindNames = map[Kind]string{
	KindName: "name", KindVariable: "variable", KindString: "string", KindNumber: "number", KindConstant: "value",
	KindRegex: "regex", KindBinary: "binary", KindNegate: "unary", KindArray: "unary", KindObject: "unary",
	KindWildcard: "wildcard", KindDescendants: "descendant", KindParent: "parent", KindBlock: "block",
	KindCondition: "condition", KindBind: "bind", KindApply: "apply", KindCall: "function", KindPartial: "partial",
	KindLambda: "lambda", KindTransform: "transform", KindPath: "path", KindSort: "sort",
}

// Node represents a node of the syntax tree. Its kind determines which fields
// are set. All kinds share one struct, because the tree is rewritten in place.
type Node struct {
	Kind  Kind
	Pos   int    // the byte offset after the node's operator or token
	Text  string // a name, string or operator
	Value any    // of a number or constant
	Regex *regex.Regexp

	Left, Right *Node // the operands; of a condition, test and then branch; of a transform, pattern and update
	Other       *Node // the else branch, the delete clause, the body of a function, or the function that is called
	List        []*Node
	Pairs       [][2]*Node
	Terms       []SortTerm
	Signature   *Signature
	Tail        bool // a call in tail position of a function's body

	KeepArray  bool // followed by []
	KeepSingle bool // a path whose result stays an array
	ConsArray  bool // an array constructor at an end of a path, whose arrays are not flattened
	Tuple      bool // binds variables for each item
	Focus      string
	Index      string
	Ancestor   *Ancestor
	seeking    []*Ancestor // parents that a node further out has to bind

	Predicates []Stage // applied to the node's value
	Stages     []Stage // applied within a step of a path
	Group      *GroupBy
}

// SortTerm represents one term of ^( … ).
type SortTerm struct {
	Key        *Node
	Descending bool
}

// Stage represents a predicate, or the binding of an index variable.
type Stage struct {
	Filter *Node // nil for an index binding
	Index  string
	pos    int
}

// GroupBy represents the grouping that follows an expression.
type GroupBy struct {
	Pairs [][2]*Node
	Pos   int
}

// Ancestor represents the object that % stands for. A step further out binds
// it. Ancestors that the same step binds share a label.
type Ancestor struct {
	Label string
	level int
}
