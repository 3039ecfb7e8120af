// A CDK app in JavaScript with the resources of a template, each as its own
// construct. aws-cdk-lib is found on NODE_PATH.
const { App, Stack } = require('aws-cdk-lib')
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include')

new CfnInclude(new Stack(new App(), 'Peer'), 'Resources', { templateFile: process.argv[2] })
