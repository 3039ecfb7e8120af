package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/job"
)

// database takes its items from a table.
func database(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	orders := ordersTable(stack)
	jobStart := gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{
		Entry:       jsii.String("functions/jobstart"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: &map[string]*string{"ORDERS_TABLE": orders.TableName()},
	})
	orders.GrantReadData(jobStart)
	mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{JobStart: jobStart, Worker: worker, ToleratedFailurePercentage: jsii.Number(50)})
}

// ordersTable creates the table of orders by their days.
func ordersTable(stack awscdk.Stack) awsdynamodb.Table {
	return awsdynamodb.NewTable(stack, jsii.String("Orders"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("day"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:      &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
	})
}

// dueOrders creates the job start of database, for other pages.
func dueOrders(stack awscdk.Stack) (jobStart awslambda.Function, orders awsdynamodb.Table) {
	orders = ordersTable(stack)
	jobStart = gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{
		Entry: jsii.String("functions/jobstart"), Environment: &map[string]*string{"ORDERS_TABLE": orders.TableName()},
	})
	orders.GrantReadData(jobStart)
	return jobStart, orders
}

// files has a job for each format of files.
func files(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	rows := gofunction.New(stack, jsii.String("Rows"), &gofunction.Props{Entry: jsii.String("functions/rows")})
	objects := gofunction.New(stack, jsii.String("Objects"), &gofunction.Props{Entry: jsii.String("functions/objects")})
	in := awss3.NewBucket(stack, jsii.String("In"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	// docs: sources
	mapjob.New(stack, jsii.String("Lines"), &mapjob.Props{Worker: worker, Source: &mapjob.JSONLines{Bucket: in}})
	mapjob.New(stack, jsii.String("Array"), &mapjob.Props{Worker: worker, Source: &mapjob.JSON{Bucket: in, ItemsPointer: jsii.String("/orders")}})
	mapjob.New(stack, jsii.String("Csv"), &mapjob.Props{Worker: rows, Source: &mapjob.CSV{Bucket: in}})
	mapjob.New(stack, jsii.String("List"), &mapjob.Props{Worker: objects, Source: &mapjob.ObjectList{Bucket: in, Prefix: jsii.String("scans/")}})
	mapjob.New(stack, jsii.String("Inventory"), &mapjob.Props{Worker: objects, Source: &mapjob.Inventory{Bucket: in}})
	// docs: end
}

// inline does a few items of the input, without S3.
func inline(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	mapjob.New(stack, jsii.String("Few"), &mapjob.Props{Worker: worker, Mode: &mapjob.Inline{}, ToleratedFailureCount: jsii.Number(1)})
}

// large passes items in chunks of an object.
func large(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry: jsii.String("functions/worker"), Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	in := awss3.NewBucket(stack, jsii.String("In"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	mapjob.New(stack, jsii.String("Large"), &mapjob.Props{
		Worker: worker,
		Source: &mapjob.JSONLines{Bucket: in},
		Mode:   &mapjob.ByReference{ChunkSize: jsii.Number(5000)},
	})
}

// express runs short batches in Express children, each item once.
func express(stack awscdk.Stack) {
	charged := chargedTable(stack)
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry: jsii.String("functions/once"), Environment: &map[string]*string{"CHARGED_TABLE": charged.TableName()},
	})
	charged.GrantReadWriteData(worker)
	mapjob.New(stack, jsii.String("Fast"), &mapjob.Props{
		Worker: worker,
		Source: &mapjob.InputList{},
		Mode:   &mapjob.Distributed{Children: mapjob.ExpressChildren, BatchSize: jsii.Number(50)},
	})
}

// chargedTable creates the table in which job.Once remembers what was charged.
func chargedTable(stack awscdk.Stack) awsdynamodb.Table {
	return awsdynamodb.NewTable(stack, jsii.String("Charged"), &awsdynamodb.TableProps{
		PartitionKey:        &awsdynamodb.Attribute{Name: jsii.String(job.OnceTableKey), Type: awsdynamodb.AttributeType_STRING},
		TimeToLiveAttribute: jsii.String(job.OnceTableExpiry),
		BillingMode:         awsdynamodb.BillingMode_PAY_PER_REQUEST,
	})
}
