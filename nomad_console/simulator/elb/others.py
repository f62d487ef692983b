"""What else of AWS a console asks: who it is, and which scaling group an instance belongs to."""

from collections.abc import Mapping, Sequence

from nomad_console.simulator.elb.errors import invalid
from nomad_console.simulator.elb.settings import ACCOUNT
from nomad_console.simulator.elb.xml import Value, texts

IDENTITY = {
    "Arn": f"arn:aws:iam::{ACCOUNT}:user/operator",
    "UserId": "AIDAOPERATOR",
    "Account": ACCOUNT,
}
MOST_IDS = 50  # a call, and rows a page


def scaling_instances(
    rows: Sequence[Mapping[str, Value]], form: Mapping[str, str]
) -> dict[str, Value]:
    """DescribeAutoScalingInstances: unknown ids are left out without a word."""
    asked = texts(form, "InstanceIds")
    size = int(form.get("MaxRecords") or MOST_IDS)
    if len(asked) > MOST_IDS or not 1 <= size <= MOST_IDS:
        raise invalid(f"The number of instances must be between 1 and {MOST_IDS}")
    found = [row for row in rows if not asked or row["InstanceId"] in asked]
    start = int(form.get("NextToken") or 0)
    end = start + size
    following = str(end) if end < len(found) else None
    return {"AutoScalingInstances": [dict(row) for row in found[start:end]], "NextToken": following}
