# What CloudFormation makes and moto 5.2.1 leaves out: whole types of resources, which
# become names without anything behind them, and properties that moto has elsewhere and
# drops from a template. Each is printed when moto turns out not to have it, so that a
# newer moto that has it is noticed.
import sys

from moto.awslambda.models import LambdaFunction
from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.logs.models import LogGroup
from moto.s3.models import FakeBucket, s3_backends
from moto.stepfunctions.models import StateMachine
from moto.cloudformation import parsing

parsing.get_model_list.cache_clear()
known = {model.cloudformation_type() for model in CloudFormationModel.__subclasses__()}


def say(what):
    print("filled in " + what, file=sys.stderr, flush=True)


def nameless(type):
    class Nameless(CloudFormationModel):
        __module__ = "moto.cloudformation.filled"  # moto finds the service in it

        def __init__(self, name):
            self.physical_resource_id = name

        @staticmethod
        def cloudformation_name_type():
            return ""

        @staticmethod
        def cloudformation_type():
            return type

        @classmethod
        def has_cfn_attr(cls, attr):
            return True

        def get_cfn_attribute(self, name):
            return f"arn:aws:filled:::{self.physical_resource_id}/{name}"

        @classmethod
        def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
            say(type)
            return cls(resource_name)

        @classmethod
        def update_from_cloudformation_json(cls, original_resource, **kwargs):
            return original_resource

        def delete(self, account_id, region_name):
            pass

    return Nameless


# The classes are kept here: a model is found among the subclasses that live.
filled = [nameless(type) for type in (
    "AWS::CDK::Metadata", "AWS::CloudWatch::Alarm", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Url", "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule") if type not in known]
parsing.get_model_list.cache_clear()
parsing.get_model_map.cache_clear()
parsing.get_name_type_map.cache_clear()


def lower(value):
    """Names of members as Step Functions has them."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: lower(member) for name, member in value.items()}
    return [lower(v) for v in value] if isinstance(value, list) else value


def rules(bucket, value):
    for rule in value["Rules"]:
        rule = dict(rule, ID=rule.pop("Id", None), Filter={"Prefix": ""})
        if "ExpirationInDays" in rule:
            rule["Expiration"] = {"Days": rule.pop("ExpirationInDays")}
        yield rule


def set_logging(bucket, value):
    bucket.logging = {"TargetBucket": value.get("DestinationBucketName"), "TargetPrefix": value.get("LogFilePrefix", "")}


def set_access(bucket, value):
    s3_backends[bucket.account_id][bucket.partition].put_public_access_block(bucket.name, value)


def set_recovery(table, value):
    dynamodb_backends[table.account_id][table.region_name].update_continuous_backups(table.name, value)


# By class: the property, whether the resource has what a template says, and what gives it that.
lost = {
    LambdaFunction: [
        ("AWS::Lambda::Function.Architectures", lambda r, v: r.architectures == v, lambda r, v: setattr(r, "architectures", v)),
        ("AWS::Lambda::Function.LoggingConfig", lambda r, v: r.get_configuration().get("LoggingConfig") == v, lambda r, v: setattr(r, "filled_logging", v)),
        ("AWS::Lambda::Function.TracingConfig", lambda r, v: r.tracing_config == v, lambda r, v: setattr(r, "tracing_config", v)),
    ],
    FakeBucket: [
        ("AWS::S3::Bucket.LifecycleConfiguration", lambda r, v: bool(r.rules), lambda r, v: r.set_lifecycle(list(rules(r, v)))),
        ("AWS::S3::Bucket.LoggingConfiguration", lambda r, v: bool(r.logging), set_logging),
        ("AWS::S3::Bucket.PublicAccessBlockConfiguration", lambda r, v: r.public_access_block is not None, set_access),
    ],
    Table: [
        ("AWS::DynamoDB::Table.PointInTimeRecoverySpecification",
         lambda r, v: r.continuous_backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED", set_recovery),
    ],
    StateMachine: [
        ("AWS::StepFunctions::StateMachine.LoggingConfiguration", lambda r, v: r.loggingConfiguration == lower(v), lambda r, v: setattr(r, "loggingConfiguration", lower(v))),
        ("AWS::StepFunctions::StateMachine.TracingConfiguration", lambda r, v: r.tracingConfiguration == lower(v), lambda r, v: setattr(r, "tracingConfiguration", lower(v))),
    ],
}


def fill(cls, method):
    original = getattr(cls, method).__func__

    def filling(c, *args, **kwargs):
        resource = original(c, *args, **kwargs)
        properties = (kwargs.get("cloudformation_json") or args[1]).get("Properties", {})
        for of, has, give in lost[cls]:
            value = properties.get(of.split(".")[1])
            if value is not None and not has(resource, value):
                give(resource, value)
                if method.startswith("create"):
                    say(of)
        return resource

    setattr(cls, method, classmethod(filling))


for cls in lost:
    fill(cls, "create_from_cloudformation_json")
    if not hasattr(cls.update_from_cloudformation_json, "__isabstractmethod__"):
        fill(cls, "update_from_cloudformation_json")

configuration = LambdaFunction.get_configuration


def get_configuration(self, *args, **kwargs):
    c = configuration(self, *args, **kwargs)
    if hasattr(self, "filled_logging"):
        c["LoggingConfig"] = self.filled_logging
    return c


LambdaFunction.get_configuration = get_configuration
LogGroup.get_cfn_attribute = lambda self, name: self.arn + ":*"
