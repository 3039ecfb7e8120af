// Package report writes the report of a job, as Markdown, HTML and JSON.
//
// A summary made with job.Summarize fills a [Report] and writes it, and so does
// `mapjob run` for a job without a summary. The JSON has the members of Report,
// and can be decoded into one.
package report
