"""Optimisers: each is given the gradient g and moves the parameters θ in place.

A network keeps all its parameters in one vector (see ``network``), so that the formulas stand
here as in the papers. Names and defaults are those of Keras.
"""

import numpy as np


class SGD:
    """Stochastic gradient descent, with momentum if wanted.

    Without: θ ← θ - η·g. With: v ← μ·v - η·g, then θ ← θ + v (Polyak, 1964).

    Args:
        learning_rate: η.
        momentum: μ, 0 for plain ("vanilla") descent.
    """

    def __init__(self, learning_rate=0.01, momentum=0.0):
        self.learning_rate, self.momentum = learning_rate, momentum
        self.velocity = None

    def update(self, parameters, gradient):
        """Move ``parameters`` in place; both are vectors of the same length."""
        if self.momentum == 0:
            parameters -= self.learning_rate * gradient
            return
        if self.velocity is None:
            self.velocity = np.zeros_like(parameters)
        self.velocity *= self.momentum
        self.velocity -= self.learning_rate * gradient
        parameters += self.velocity


class RMSprop:
    """Each step divided by the recent size of its gradient (Tieleman & Hinton, 2012).

    v ← ρ·v + (1 - ρ)·g², then θ ← θ - η·g / √(v + ε).

    Args:
        learning_rate: η.
        rho: ρ, how slowly v forgets.
        epsilon: ε, keeps the divisor from 0.
    """

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7):
        self.learning_rate, self.rho, self.epsilon = learning_rate, rho, epsilon
        self.squares = None

    def update(self, parameters, gradient):
        """Move ``parameters`` in place; both are vectors of the same length."""
        if self.squares is None:
            self.squares = np.zeros_like(parameters)
        self.squares *= self.rho
        self.squares += (1 - self.rho) * gradient * gradient
        parameters -= self.learning_rate * gradient / np.sqrt(self.squares + self.epsilon)


class Adam:
    """Momentum and RMSprop in one, with the start corrected (Kingma & Ba, 2015).

    m ← β₁·m + (1 - β₁)·g and v ← β₂·v + (1 - β₂)·g² start from 0, so after t steps they are too
    small by the factors 1 - β₁ᵗ and 1 - β₂ᵗ:

    θ ← θ - η · √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)

    Args:
        learning_rate: η.
        beta_1: β₁, how slowly m forgets.
        beta_2: β₂, how slowly v forgets.
        epsilon: ε, keeps the divisor from 0.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.epsilon = epsilon
        self.steps = 0

    def update(self, parameters, gradient):
        """Move ``parameters`` in place; both are vectors of the same length."""
        if self.steps == 0:
            self.mean, self.square = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps += 1
        self.mean += (1 - self.beta_1) * (gradient - self.mean)
        self.square += (1 - self.beta_2) * (gradient * gradient - self.square)
        rate = (
            self.learning_rate
            * np.sqrt(1 - self.beta_2**self.steps)
            / (1 - self.beta_1**self.steps)
        )
        parameters -= float(rate) * self.mean / (np.sqrt(self.square) + self.epsilon)
