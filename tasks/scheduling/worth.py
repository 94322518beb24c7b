"""What asking now is worth: the seconds of late notice that one request saves against waiting a little longer.

A task was last seen running at age a. Let x be the hazard gathered since, so that it has ended with probability
1 - exp(-x), and h the hazard now. Barlow, Hunter and Proschan (1963) showed which inspections cost least when each
costs p and every second a failure goes unnoticed costs 1: putting one off a little gains the price where the task
ends meanwhile and loses the chance that it has ended already, so at the best moment

    (exp(x) - 1) / h  =  p + d,        d the gap to the inspection after it.

Were the hazard constant, d would be x / h. So p = (exp(x) - 1 - x) / h is the price at which this very moment is the
right one: the index of the task, in the sense of Whittle (1988). Asking where it is highest spends a budget well, and
asking when it reaches a price is the best a task by itself can do.

`blur` scales d: an answer that brings a percentage makes the next ask so sharp that little is lost before it.
"""

from math import erfc, exp, log, pi, sqrt

from tasks.scheduling.durations import Durations
from tasks.scheduling.progress import Forecast

ENDLESS_S = 1e9
"""It has ended as surely as numbers can tell."""
SURPRISE = 0.05
"""How probable it is that a forecast from progress is simply wrong: then what is known of durations counts."""
_ROOT_2 = sqrt(2)
_ROOT_2_PI = sqrt(2 * pi)
_FAR = 1e-12
_LARGEST = 300.0


def worth_s(known: Durations, blur: float, asked_age_s: float, age_s: float) -> float:
    """From what is known of durations alone."""
    before, _ = known.at(asked_age_s)
    now, hazard = known.at(age_s)
    gathered = now - before
    if gathered > _LARGEST:
        return ENDLESS_S
    return (exp(gathered) - 1 - blur * gathered) / hazard


def forecast_worth_s(known: Durations, forecast: Forecast, asked_age_s: float, age_s: float) -> float:
    """From a forecast of the end, made at the last ask."""
    before, _ = known.at(asked_age_s)
    now, hazard = known.at(age_s)
    surprise = SURPRISE * exp(before - now)
    left, density = _forecast_at(forecast, asked_age_s, age_s)
    left = (1 - SURPRISE) * left + surprise
    ending = (1 - SURPRISE) * density + surprise * hazard
    if left < _FAR:
        return ENDLESS_S
    return (1 / left - 1 + log(left)) * left / ending


def _forecast_at(forecast: Forecast, asked_age_s: float, age_s: float) -> tuple[float, float]:
    """Probability that it still runs, and density of its end, given that it ran at `asked_age_s`."""
    centre, spread = forecast
    asked = (log(asked_age_s) - centre) / spread
    place = (log(age_s) - centre) / spread
    ran = 0.5 * erfc(asked / _ROOT_2)
    if ran > _FAR:
        left = 0.5 * erfc(place / _ROOT_2) / ran
        return left, exp(-place * place / 2) / (age_s * spread * _ROOT_2_PI * ran)
    rate = asked / (age_s * spread)  # so far past the forecast, the tail is as good as exponential
    left = exp(-min(rate * (age_s - asked_age_s), _LARGEST))
    return left, left * rate
