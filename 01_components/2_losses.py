# %% [markdown]
# # Scores, probabilities and losses
#
# A network gives one score for each class. A loss turns the scores and the right class into one
# number: how wrong the network is. Its gradient says how each score should change. You will compute
# softmax, cross-entropy, the SVM loss and the L2 penalty, and check each gradient in three ways.
#
#     python 01_components/2_losses.py
#
# Takes a few seconds, no training. The gradients are asserted against a case computed by hand,
# central differences and Keras.
#
# Source: Stanford's course [CS231n](https://cs231n.github.io/linear-classify/), notes on linear
# classification.

# %%
from cnn_practice import hyperparameters, plots

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from numpy_cnn import l2, numeric_gradient, relative_error, softmax, softmax_cross_entropy, svm

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the random scores
EXAMPLES = 5  # whole number, at least 1; rows of scores that the gradients are checked on
CLASSES = 4  # whole number, at least 2; scores in each row
hyperparameters.check()

# %% [markdown]
# ## Softmax
# Softmax makes the scores $z$ of one example positive and lets them add up to 1:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# $e^{1000}$ is too large for a float. If the same number is added to all scores, $p$ stays the
# same; so the largest score is subtracted first. Then the largest power is $e^0 = 1$.

# %%
z = np.array([[0.0, np.log(3)]])  # the powers are 1 and 3, so p must be 1/4 and 3/4
assert np.allclose(softmax(z), [[1 / 4, 3 / 4]])
large = np.array([[1000.0, 999.0]])
with np.errstate(over="ignore", invalid="ignore"):
    print(f"softmax as the formula reads, of 1000 and 999: {np.exp(large) / np.exp(large).sum()}")
print(f"with the largest score subtracted first:      {softmax(large)}")
assert np.allclose(softmax(large), softmax(large - 1000))

# %% [markdown]
# ## Cross-entropy
# The loss of an example of class $y$ is $-\ln p_y$: 0 if the network is certain and right, and
# larger the less it believes in the right class. The loss of a batch is the mean. Put $p$ into it
# and take the derivative by each score; nearly everything cancels:
#
# $$L = -\frac 1N \sum_n \ln p_{n, y_n}, \qquad
#   \frac{\partial L}{\partial z_{n,k}} = \frac{p_{n,k} - [k = y_n]}{N}$$
#
# Each wrong score is pushed down by its probability, and the right one up by what it lacks.

# %%
loss, gradient = softmax_cross_entropy(z, np.array([1]))
assert np.isclose(loss, -np.log(3 / 4)) and np.allclose(gradient, [[1 / 4, 3 / 4 - 1]])
print(f"\np = {softmax(z)[0]}, right class 1: loss {loss:.4f}, gradient {gradient[0]}")

# %% [markdown]
# ## The SVM loss
# The multiclass SVM loss, also called hinge loss, asks for a margin: the right score must be larger
# than each other one by at least 1. What is missing is the loss:
#
# $$L = \frac 1N \sum_n \sum_{j \ne y_n} \max(0,\; z_{n,j} - z_{n,y_n} + 1)$$
#
# Once all margins are kept, the loss and its gradient are 0. Cross-entropy always asks for more.

# %%
loss, gradient = svm(np.array([[1.0, 3, 2.5]]), np.array([1]))  # margins -1 and 0.5
assert loss == 0.5 and gradient.tolist() == [[0, -1, 1]]
print(f"scores [1, 3, 2.5], right class 1: SVM loss {loss}, gradient {gradient[0]}")

# %% [markdown]
# ## The L2 penalty
# Added to the loss, $R = \frac \lambda 2 \sum w^2$ keeps weights small. Its gradient is
# $\lambda w$: each step of gradient descent makes every weight smaller by the same share.

# %%
penalty, decay = l2(np.array([3.0, -4.0]), 0.1)
assert np.isclose(penalty, 0.05 * 25) and np.allclose(decay, [0.3, -0.4])

# %% [markdown]
# ## Is the gradient right?
# Move one score by a small $h$ in both directions and look at the loss:
# $\left(L(z + h) - L(z - h)\right) / 2h$. These **central differences** are slow, and they know
# nothing of the derivation, so an error in it shows. All gradients of this chapter are checked so.
# Keras, with float32 instead of float64, agrees less closely.

# %%
rng = np.random.default_rng(SEED)
scores, labels = 2 * rng.standard_normal((EXAMPLES, CLASSES)), rng.integers(CLASSES, size=EXAMPLES)
print()
for name, of in (("cross-entropy", softmax_cross_entropy), ("SVM", svm)):
    numeric = numeric_gradient(lambda z, of=of: of(z, labels)[0], scores)
    error = relative_error(of(scores, labels)[1], numeric)
    print(f"{name}: relative error {error:.1e} against central differences")
    assert error < 1e-6
variable = tf.Variable(scores, dtype="float32")
with tf.GradientTape() as tape:
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, variable)
loss, gradient = softmax_cross_entropy(scores, labels)
of_keras = relative_error(gradient, tape.gradient(theirs, variable).numpy())
print(f"cross-entropy: relative error {of_keras:.1e} against Keras in float32")
assert of_keras < 1e-5 and np.isclose(loss, float(theirs), rtol=1e-5)

# %% [markdown]
# ## Both losses, and what they ask for

# %%
figure = Figure(figsize=(10, 3.6), layout="constrained")
figure.suptitle("Two classes: loss and gradient by how far the right score is ahead")
ahead = np.linspace(-4, 4, 161)
for axes, index, quantity in zip(figure.subplots(1, 2), (0, 1), ("loss", "gradient"), strict=True):
    for name, of in (("cross-entropy", softmax_cross_entropy), ("SVM", svm)):
        pairs = [of(np.array([[lead, 0.0]]), np.array([0])) for lead in ahead]
        axes.plot(ahead, [pair[0] if index == 0 else pair[1][0, 0] for pair in pairs], label=name)
    axes.set(xlabel="right score minus wrong score", ylabel=quantity)
    axes.grid(alpha=0.3)
    axes.legend()
plots.save(figure, "components_2_losses")
print("losses: relative errors below 1e-6 against central differences, 1e-5 against Keras")

# %% [markdown]
# **What you saw.** Both losses fall as the right score gets ahead. The SVM loss stops at a lead of
# 1, and its gradient jumps there. The gradient of cross-entropy fades smoothly and never reaches 0.
#
# **Try.**
# - `CLASSES = 10`, and compare the loss of random scores with $\ln 10 \approx 2.3$, the loss of
#   equal scores.
# - `EXAMPLES = 100`: does the relative error grow with the number of examples?
#
# **Next.** Scores come from layers with weights: `3_train_mlp.py`.
