"""AdamW: Adam with decoupled weight decay, which every rule can be given by --weight-decay."""

from __future__ import annotations

from dataclasses import replace

from verify.optimizers.rules.adam import RULE as ADAM

RULE = replace(ADAM, name="adamw", source="Loshchilov and Hutter 2019", decay="1/100")
