// Package report accounts for the items of a job and writes the report, as
// Markdown, HTML and JSON. A job's summary writes it, and so does `mapjob run`.
package report
