"""The margin game: limit directions as its equilibria."""

from verify.game.limits import predict
from verify.game.result import Limit, Prediction

__all__ = ["Limit", "Prediction", "predict"]
