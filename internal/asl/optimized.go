package asl

import (
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
)

// optimized holds the optimized integrations: the actions by service (developer
// guide, "Integrating optimized services").
var optimized = map[string][]string{
	"apigateway": {"invoke"},
	"athena":     {"getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"},
	"batch":      {"submitJob"},
	"bedrock":    {"createModelCustomizationJob", "invokeModel"},
	"codebuild": {"batchDeleteBuilds", "batchGetReports", "deleteBuildBatch", "retryBuildBatch", "startBuild",
		"startBuildBatch", "stopBuild", "stopBuildBatch"},
	"databrew": {"startJobRun"},
	"dynamodb": {"deleteItem", "getItem", "putItem", "updateItem"},
	"ecs":      {"runTask"},
	"eks": {"call", "createCluster", "createFargateProfile", "createNodegroup", "deleteCluster", "deleteFargateProfile",
		"deleteNodegroup", "runJob"},
	"elasticmapreduce": {"addStep", "cancelStep", "createCluster", "modifyInstanceFleetByName", "modifyInstanceGroupByName",
		"setClusterTerminationProtection", "terminateCluster"},
	"emr-containers": {"createVirtualCluster", "deleteVirtualCluster", "startJobRun"},
	"emr-serverless": {"cancelJobRun", "createApplication", "deleteApplication", "startApplication", "startJobRun", "stopApplication"},
	"events":         {"putEvents"},
	"glue":           {"startJobRun"},
	"http":           {"invoke"},
	"lambda":         {"invoke"},
	"mediaconvert":   {"createJob"},
	"sagemaker": {"createEndpoint", "createEndpointConfig", "createHyperParameterTuningJob", "createLabelingJob", "createModel",
		"createProcessingJob", "createTrainingJob", "createTransformJob", "updateEndpoint"},
	"sns":    {"publish"},
	"sqs":    {"sendMessage"},
	"states": {"startExecution"},
}

// checkOptimized reports an optimized integration that does not exist.
func (p *parser) checkOptimized(f fields.Object, r Resource) {
	if !r.Integration() || strings.HasPrefix(r.Service, "aws-sdk:") || slices.Contains(optimized[r.Service], r.Action) {
		return
	}
	expected := "a service of " + strings.Join(slices.Sorted(maps.Keys(optimized)), ", ")
	if actions := optimized[r.Service]; actions != nil {
		expected = fields.Alternatives(actions)
	}
	f.Document.Known(f.At("Resource"), fields.SchemaText("The resource provided "+r.ARN+" is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", f.At("Resource")),
		"got the integration %s:%s, which is not optimized, expected %s, or an SDK integration such as arn:aws:states:::aws-sdk:dynamodb:query", r.Service, r.Action, expected)
}
