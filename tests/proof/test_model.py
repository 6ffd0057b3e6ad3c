"""The ledger does what its model does, whatever happens in whatever order."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.machine import Ledger

EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "40"))
STEPS = 60


@pytest.mark.long
@pytest.mark.covers("X4", "X5", "X1", "X14")
@pytest.mark.timeout(600)
def test_the_ledger_and_its_model_agree(db: None) -> None:
    """$PROOF_SEED repeats a run, $PROOF_EXAMPLES makes it longer."""
    chosen = int(os.environ.get("PROOF_SEED") or random.randrange(2**32))
    print(f"PROOF_SEED={chosen}")
    run_state_machine_as_test(
        seed(chosen)(Ledger),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            database=None,
            print_blob=True,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
