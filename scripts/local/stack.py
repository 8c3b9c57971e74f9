"""The deployed stack as CloudFormation tells it: processed template, physical ids, outputs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.profile import STACK

Resources = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class DeployedStack:
    """What a deploy left behind.

    Attributes:
        resources: The processed template's resources by logical id.
        physical_ids: Logical id to physical id.
        outputs: The stack's outputs by name.
        parameters: The parameters' values by name.
    """

    resources: Resources
    physical_ids: Mapping[str, str]
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @classmethod
    def read(cls, client: Callable[[str], Any], stack: str = STACK) -> "DeployedStack":
        """Asks CloudFormation about the stack of that name."""
        cloudformation = client("cloudformation")
        body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
        template = body["TemplateBody"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        (told,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return cls(
            (json.loads(template) if isinstance(template, str) else template)["Resources"],
            {
                each["LogicalResourceId"]: each["PhysicalResourceId"]
                for page in pages
                for each in page["StackResourceSummaries"]
            },
            {each["OutputKey"]: each["OutputValue"] for each in told.get("Outputs", [])},
            {each["ParameterKey"]: each["ParameterValue"] for each in told["Parameters"]},
        )

    def of_type(self, resource_type: str) -> dict[str, Mapping[str, Any]]:
        """Properties of the resources of one type by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def value(self, setting: object) -> Any:
        """A property's value, a parameter's where the template refers to one."""
        if isinstance(setting, dict) and "Ref" in setting:
            return self.parameters[setting["Ref"]]
        return setting
