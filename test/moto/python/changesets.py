# The CDK deletes the change set of an earlier deployment, and asks for it until it is
# gone. If there is none, AWS answers the first request with success and the second with
# ChangeSetNotFound. moto 5.2.1 fails at the one, and has another error for the other.
from moto.cloudformation.models import CloudFormationBackend
from moto.core.exceptions import ServiceException


class ChangeSetNotFound(ServiceException):
    code = "ChangeSetNotFound"


def patch(name, missing):
    original = getattr(CloudFormationBackend, name)

    def patched(self, change_set_name):
        known = {name for id, c in self.change_sets.items() for name in (id, c.change_set_name)}
        return original(self, change_set_name) if change_set_name in known else missing(change_set_name)

    setattr(CloudFormationBackend, name, patched)


def not_found(name):
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


patch("delete_change_set", lambda name: None)
patch("describe_change_set", not_found)
