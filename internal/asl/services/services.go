// Package services knows what the Resource of a task names: functions, activities,
// and the integrations of services (developer guide, "Integrating optimized
// services").
package services

import (
	"maps"
	"slices"
	"strings"
)

// optimized holds the actions by service.
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

// jobless holds the services that do not support .sync, tokenless those that do not
// support .waitForTaskToken.
var (
	jobless   = map[string]bool{"apigateway": true, "dynamodb": true, "events": true, "http": true, "lambda": true, "sns": true, "sqs": true}
	tokenless = map[string]bool{"athena": true, "batch": true, "codebuild": true, "databrew": true, "dynamodb": true, "glue": true, "http": true, "mediaconvert": true, "sagemaker": true}
)

// sdkPrefix begins the service of an SDK integration.
const sdkPrefix = "aws-sdk:"

func sdk(service string) bool { return strings.HasPrefix(service, sdkPrefix) }

// Exists reports whether a service has an action. Of a service whose SDK is not a
// dependency of this module it is not known; then Exists reports true. The services
// of the SDK have no upper-case letters.
func Exists(service, action string) bool {
	if !sdk(service) {
		return slices.Contains(optimized[service], action)
	}
	if t, ok := tables()[service]; ok {
		_, exists := t()[action]
		return exists
	}
	return service == strings.ToLower(service)
}

// Names returns the optimized services, sorted.
func Names() []string { return slices.Sorted(maps.Keys(optimized)) }

// Actions returns the actions of a service, sorted; nil if there is no such
// service, or its actions are not known.
func Actions(service string) []string {
	if !sdk(service) {
		return optimized[service]
	}
	if t, ok := tables()[service]; ok {
		return slices.Sorted(maps.Keys(t()))
	}
	return nil
}

// RunsJobs reports whether a service supports .sync, or .sync:2 if second.
func RunsJobs(service string, second bool) bool {
	if second {
		return service == "states"
	}
	return !jobless[service] && !sdk(service)
}

// TakesTokens reports whether a service supports .waitForTaskToken.
func TakesTokens(service string) bool { return !tokenless[service] }
