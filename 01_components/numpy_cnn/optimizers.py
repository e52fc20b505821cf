"""Optimisers: ``update(parameters, gradient)`` moves the parameters θ in place, given ∂L/∂θ = g.

A network keeps all its parameters in one vector (see ``network``), so that the formulas stand
here as in the papers. η is the learning rate. Names and defaults are those of Keras.
"""

import numpy as np


class SGD:
    """Gradient descent, θ ← θ - η·g; with momentum μ: v ← μ·v - η·g, then θ ← θ + v."""

    def __init__(self, learning_rate=0.01, momentum=0.0):
        self.learning_rate, self.momentum = learning_rate, momentum
        self.velocity = 0

    def update(self, parameters, gradient):
        self.velocity = self.momentum * self.velocity - self.learning_rate * gradient
        parameters += self.velocity


class RMSprop:
    """Divide by the recent size of g: v ← ρ·v + (1 - ρ)·g², then θ ← θ - η·g / √(v + ε)."""

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7):
        self.learning_rate, self.rho, self.epsilon = learning_rate, rho, epsilon
        self.square = 0

    def update(self, parameters, gradient):
        self.square = self.rho * self.square + (1 - self.rho) * gradient**2
        parameters -= self.learning_rate * gradient / np.sqrt(self.square + self.epsilon)


class Adam:
    """The running mean of g, divided by the recent size of g.

    m ← β₁·m + (1 - β₁)·g and v ← β₂·v + (1 - β₂)·g² start from 0, so after t steps they are too
    small by the factors 1 - β₁ᵗ and 1 - β₂ᵗ, which are divided out:

    θ ← θ - η · √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.epsilon = epsilon
        self.mean, self.square, self.steps = 0, 0, 0

    def update(self, parameters, gradient):
        self.steps += 1
        self.mean = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        self.square = self.beta_2 * self.square + (1 - self.beta_2) * gradient**2
        corrected = np.sqrt(1 - self.beta_2**self.steps) / (1 - self.beta_1**self.steps)
        rate = float(self.learning_rate * corrected)  # float64 would turn float32 into float64
        parameters -= rate * self.mean / (np.sqrt(self.square) + self.epsilon)
