// Package report accounts for the items of a job and writes the report, as
// Markdown, HTML and JSON.
//
// An [Account] counts each item once, however many outcomes it has. A [Report]
// is filled from an account and writes itself. A summary made with job.Summarize
// does both, and so does `mapjob run` for a job without a summary. The JSON is
// the members of Report, and can be decoded into one.
package report
