package jsonata

var timeFunctions = []*native{
	function("millis", "<:n>", 0, func(c *arguments) (any, error) { return float64(c.ev.env.Now.UnixMilli()), nil }),
}
