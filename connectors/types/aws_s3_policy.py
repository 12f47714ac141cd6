"""A bucket on Amazon S3 whose policy lets this installation in."""

import re
import uuid
from functools import partial
from typing import Any

from django.conf import settings

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import aws, s3
from connectors.probes.s3 import challenge
from connectors.problems import CheckFailed

REGION = "us-east-1"  # where a bucket is looked for; it tells where it is


class ChallengeField(PatternField):
    """Nobody can guess the name, and who cannot write to the bucket cannot put the file there."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"[a-z]+-challenge-file-[A-Za-z0-9._-]+",
            "This must be like landfall-challenge-file-NAME, of letters, digits, dots, hyphens and underscores.",
            max_length=255,
            label="Challenge file",
            help_text="The name of an empty file in the bucket that proves that you may write there. Left out, one is "
            "made up: put such a file there, and leave it there.",
            **kwargs,
        )


class AwsS3Policy(Connector):
    """A bucket on Amazon S3 whose policy lets this installation in, so that no keys are given away."""

    type = "aws_s3_policy"
    label = "Amazon S3 by bucket policy"
    family = "object storage"
    steps = challenge.STEPS
    effect = challenge.EFFECT
    rights = (
        "`s3:ListBucket` on the bucket, `s3:GetObject` and `s3:PutObject` on its objects, given by the policy of the "
        "bucket to the AWS user of this installation (`LANDFALL_AWS_ACCESS_KEY_ID`)."
    )
    tested = "Against a real SeaweedFS server in the place of Amazon S3: there is no Amazon S3 to run in a test."

    class Config(Section):
        bucket = s3.BucketField(max_length=255)
        challenge_file = ChallengeField(default=lambda: f"landfall-challenge-file-{uuid.uuid4()}")

    def target(self, config: Values) -> str:
        return str(config["bucket"])

    def host(self, config: Values) -> str:
        return _bucket(config["bucket"], REGION).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        keys = aws.Keys(settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY)
        if not (keys.access_key and keys.secret_key):
            raise CheckFailed("config", NO_KEYS, "Whoever runs Landfall has to set LANDFALL_AWS_ACCESS_KEY_ID.")
        try:
            await challenge.check(partial(_bucket, config["bucket"]), REGION, keys, config["challenge_file"], steps)
        except CheckFailed as failure:
            if failure.code == "denied":  # not the keys of whoever reads this
                failure.remedy = "Whoever runs Landfall has to correct LANDFALL_AWS_ACCESS_KEY_ID and its secret."
            raise


NO_KEYS = "This installation has no AWS user of its own that the policy of a bucket could let in."


def _bucket(name: str, region: str) -> s3.Bucket:
    own: str = settings.AWS_ENDPOINT
    return s3.Bucket(
        name=name,
        region=region,
        endpoint=own or f"https://s3.{region}.{aws.domain(region)}",
        path_style=bool(own) or not re.fullmatch("[a-z0-9-]{3,63}", name),  # else Amazon's certificate fits
    )
