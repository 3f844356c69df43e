"""Placeholders that nobody declared."""

from collections.abc import Sequence

from standpipe.core.parameter_values import placeholders_of
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.sql.template import Template


def with_undeclared(template: Template, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return the declared parameters, then a text one for each placeholder that none serves.

    The added ones have no default and come in the order of the text. Undeclared parameters of an
    earlier text that are no longer needed are left out.
    """
    declared = tuple(parameter for parameter in parameters if parameter.is_declared)
    served = {name for parameter in declared for name in placeholders_of(parameter)}
    ranges = {parameter.name for parameter in declared if parameter.kind.is_range}
    return declared + tuple(
        Parameter(name=name, kind=ParameterKind.TEXT, title=name, is_declared=False)
        for name in template.names
        if name not in served and name not in ranges
    )
