# What AWS does with stacks and moto 5.2.1 does not.
#
# A change set is found by its name in a stack; moto finds it in any, even a deleted one.
# Deleting one that does not exist succeeds. The changes of one name the properties that
# change, by which the CDK tells differences. A change set without changes fails, and so
# says its description; moto refuses to create it. Parameters that keep their value keep
# what was given; moto looks up a parameter of Systems Manager by its value.
#
# A deployment that fails is rolled back: what was changed before the failure gets the
# properties back that it had.
import copy

from moto.cloudformation import models as stacks
from moto.cloudformation import parsing
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult


class ChangeSetNotFound(ServiceException):
    code = "ChangeSetNotFound"


def find(response):
    name, stack = response._get_param("ChangeSetName"), response._get_param("StackName")
    backend = response.cloudformation_backend
    for id, c in backend.change_sets.items():
        if name == id or (name == c.change_set_name and stack in (c.stack_name, c.stack_id) and c.stack_id in backend.stacks):
            return c
    return None


def found(response):
    c = find(response)
    if c is None:
        raise ChangeSetNotFound(f"ChangeSet [{response._get_param('ChangeSetName')}] does not exist")
    return c


def delete_change_set(self):
    c = find(self)
    if c is not None:
        del self.cloudformation_backend.change_sets[c.change_set_id]
    return EmptyResult()


def execute_change_set(self):
    c = found(self)
    stack = c.stack
    c.execution_status = "EXECUTE_COMPLETE"
    if stack.template == {}:
        stack.resource_map.cross_stack_resources = self.cloudformation_backend.exports
    kind = c.change_set_type
    stack._add_stack_event(kind + "_IN_PROGRESS", resource_status_reason="User Initiated")
    before = copy.deepcopy(stack.resource_map._resource_json_map), stack.resource_map.input_parameters
    try:
        stack.resource_map.update(c.template_dict, c.parameters)
    except Exception as failed:
        roll_back(stack, c, before, failed)
        return EmptyResult()
    stack.template, stack.parameters = c.template, c.parameters
    stack._parse_template()
    stack.output_map = stack._create_output_map()
    for export in stack.exports:
        self.cloudformation_backend.exports[export.name] = export
    finish(stack, kind + "_COMPLETE")
    return EmptyResult()


def finish(stack, status):
    stack.status = status
    stack._add_stack_event(status)


def roll_back(stack, change_set, before, failed):
    resources, parameters = before
    name = getattr(failed, "logical_resource_id", "")
    stack.events.append(stacks.Event(
        stack_id=stack.stack_id, stack_name=stack.name, logical_resource_id=name, physical_resource_id="",
        resource_type=change_set.template_dict["Resources"].get(name, {}).get("Type", ""),
        resource_status="CREATE_FAILED", resource_status_reason=str(failed), resource_properties=None))
    if change_set.change_set_type == "CREATE":
        stack._add_stack_event("ROLLBACK_IN_PROGRESS")
        stack.resource_map.delete()
        finish(stack, "ROLLBACK_COMPLETE")
        return
    # As on AWS, what does not depend on the failed resource was changed.
    stack.resource_map._resource_json_map = resources
    template = dict(change_set.template_dict)
    template["Resources"] = {id: r for id, r in template["Resources"].items() if id != name}
    stack.resource_map.update(template, change_set.parameters)
    stack._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS")
    stack.resource_map.update(dict(stack.template_dict, Resources=resources), parameters)
    finish(stack, "UPDATE_ROLLBACK_COMPLETE")


create = parsing.parse_and_create_resource


def parse_and_create_resource(logical_id, *args, **kwargs):
    try:
        return create(logical_id, *args, **kwargs)
    except Exception as failed:
        if not hasattr(failed, "logical_resource_id"):
            failed.logical_resource_id = logical_id
        raise


diff = stacks.ChangeSet.diff


def diff_properties(self):
    changes = diff(self)
    before, after = self.stack.resource_map._resource_json_map, self.template_dict["Resources"]
    for c in changes:
        if c.action == "Modify":
            was, now = (r[c.logical_resource_id].get("Properties", {}) for r in (before, after))
            c.replacement = "False"
            c.details = [
                {"Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}, "Evaluation": "Static", "ChangeSource": "DirectModification"}
                for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    return changes


def stack_parameters(self):
    given = self.resource_map.input_parameters
    slots = self.template_dict.get("Parameters", {})
    return {name: given.get(name, slot.get("Default")) for name, slot in slots.items()}


CloudFormationResponse.delete_change_set = delete_change_set
CloudFormationResponse.describe_change_set = lambda self: ActionResult(found(self))
CloudFormationResponse.execute_change_set = execute_change_set
CloudFormationResponse._validate_different_update = lambda self, *args: None
stacks.ChangeSet.diff = diff_properties
parsing.parse_and_create_resource = parse_and_create_resource
stacks.Stack.stack_parameters = property(stack_parameters)
