"""Digits as people write them where MNIST was not made, each style a path with a life of its own.

A style is a function of ``u(low, high)``, a random number between two bounds, that returns a path
as ``cnn_practice.hand.write`` takes it: strokes of points (x, y) in a box from (0, 0) at the upper
left to (1, 1) at the lower right, a point given twice being a corner. Every call gives another
path, and the hand makes another drawing of it each time.
"""

import math

from cnn_practice import datasets, drawings, files, hand, plots
from cnn_practice.errors import InputError
from cnn_practice.ink import find_ink

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image


def arc(centre, radii, start, end, points=8):
    """Points on an ellipse, between two angles in degrees, clockwise from three o'clock."""
    angles = np.radians(np.linspace(start, end, points))
    return [
        (centre[0] + radii[0] * math.cos(angle), centre[1] + radii[1] * math.sin(angle))
        for angle in angles
    ]


def between(first, second, share, bend=0.0):
    """The point at a share of the way from one point to another, moved aside by ``bend``."""
    (x, y), (x2, y2) = first, second
    return x + share * (x2 - x) - bend * (y2 - y), y + share * (y2 - y) + bend * (x2 - x)


def line(first, second, bend=0.0):
    """Three points from one to another, the middle one moved aside."""
    return [first, between(first, second, 0.5, bend), second]


def corner(*pieces):
    """Pieces of one stroke, joined by corners where one begins at the end of another."""
    stroke = list(pieces[0])
    for piece in pieces[1:]:
        stroke += piece if piece[0] == stroke[-1] else [stroke[-1], *piece]
    return stroke


# 0: slashed, dotted, far open


def ring_of_zero(u):
    start = u(-130, -50)
    return arc((0.5, 0.5), (0.46, 0.5), start, start - u(330, 400), 10)


def slashed_zero(u):
    over = u(-0.12, 0.3)
    x = 0.5 + u(0.15, 0.42)
    slash = line((x + over * 0.7, 0.12 - over), (1 - x - over * 0.7, 0.88 + over), u(-0.05, 0.05))
    return [ring_of_zero(u), slash]


def backslashed_zero(u):
    return [
        ring_of_zero(u),
        line((u(0.0, 0.35), u(-0.1, 0.25)), (u(0.65, 1.0), u(0.75, 1.1)), u(-0.05, 0.05)),
    ]


def zero_slashed_in_one_stroke(u):
    top = (u(0.7, 1.05), u(-0.15, 0.15))
    ring = arc((0.5, 0.5), (0.44, 0.48), u(-75, -50), u(-420, -400), 10)
    return [corner(ring, [ring[-1], top], line(top, (u(-0.1, 0.25), u(0.85, 1.15))))]


def upright_slashed_zero(u):
    x = u(0.4, 0.6)
    return [
        ring_of_zero(u),
        line((x + u(0, 0.15), u(-0.35, 0.1)), (x - u(0, 0.15), u(0.9, 1.35)), u(-0.03, 0.03)),
    ]


def dotted_zero(u):
    dot = arc((u(0.42, 0.58), u(0.4, 0.6)), (u(0.02, 0.07), u(0.02, 0.09)), 0, 270)
    return [ring_of_zero(u), dot]


def open_zero(u):
    """The ends do not meet, or one curls in."""
    start = -90 + u(5, 70)
    ring = arc((0.5, 0.5), (0.46, 0.5), start, -450 + u(10, 80) - 0.2 * start, 9)
    curl = [(u(0.4, 0.6), u(0.15, 0.35))] if u(0, 1) < 0.4 else []
    return [ring + curl]


# 1: with a hook, from narrow to very wide, with and without a foot


def hook_and_stem(u, reach, drop, lean=0.0):
    top = (0.55 + lean, 0.0)
    start = (top[0] - reach, drop)
    return corner(
        line(start, top, u(-0.1, 0.1)),
        line(top, (0.55 - lean + u(-0.08, 0.08), 1.0), u(-0.04, 0.04)),
    )


def hooked_one(u):
    reach = u(0.15, 0.75)
    return [hook_and_stem(u, reach, u(0.25, 0.7) * max(reach, 0.35), u(-0.05, 0.2))]


def one_with_a_long_hook(u):
    return [hook_and_stem(u, u(0.35, 1.0), u(0.4, 0.95), u(-0.1, 0.2))]


def one_with_a_foot(u):
    reach = u(0.1, 0.55)
    stroke = hook_and_stem(u, reach, u(0.25, 0.8) * max(reach, 0.3), u(-0.05, 0.12))
    x, y = stroke[-1]
    y += u(-0.06, 0.03)
    return [
        stroke,
        line((x - u(0.15, 0.65), y + u(-0.03, 0.04)), (x + u(0.15, 0.7), y), u(-0.06, 0.06)),
    ]


def one_with_a_foot_in_one_stroke(u):
    stroke = hook_and_stem(u, u(0.1, 0.5), u(0.12, 0.4))
    x, y = stroke[-1]
    left = (x - u(0.1, 0.45), y + u(-0.05, 0.03))
    return [corner(stroke, [stroke[-1], left], line(left, (x + u(0.2, 0.6), y + u(-0.06, 0.03))))]


def one_with_a_curled_tail(u):
    top = (u(0.4, 0.6), 0.0)
    foot = [(top[0] + u(-0.05, 0.05), 0.55), (top[0] + u(0.0, 0.06), 0.85)]
    tail = [(top[0] + u(0.1, 0.18), 0.98), (top[0] + u(0.2, 0.36), u(0.82, 0.95))]
    hook = [(top[0] - u(0.05, 0.3), u(0.08, 0.25)), top, top] if u(0, 1) < 0.6 else [top]
    return [hook + foot + tail]


def slanted_one(u):
    lean = u(0.15, 0.6) * (1 if u(0, 1) < 0.75 else -1)
    return [line((0.5 + lean, 0.0), (0.5 - lean, 1.0), u(-0.06, 0.06))]


# 2: closed loops above and below, angular, with a deep hook


def two_with_two_loops(u):
    return [
        [(u(0.15, 0.45), u(0.3, 0.5)), (0.32, 0.2), (u(0.5, 0.6), 0.02), (u(0.78, 0.95), 0.1),
         (u(0.78, 0.9), 0.35), (0.5, 0.72), (u(0.15, 0.3), 0.97), (u(0.0, 0.08), u(0.85, 0.93)),
         (0.16, u(0.74, 0.84)), (0.45, 0.9), (0.7, 1.0), (u(0.85, 1.1), u(0.75, 0.97))]
    ]  # fmt: skip


def angular_two(u):
    left, right = (u(0.0, 0.15), u(0.02, 0.2)), (u(0.8, 0.98), u(0.0, 0.12))
    foot = (u(0.0, 0.15), u(0.92, 1.0))
    top = line(left, right, u(-0.12, 0.05))
    return [
        corner(top, line(right, foot, u(-0.1, 0.1)), line(foot, (1.0, u(0.9, 1.0)), u(-0.05, 0.05)))
    ]


def two_with_a_deep_hook(u):
    foot = (u(0.05, 0.3), u(0.95, 1.0))
    top = [
        (u(0.1, 0.3), u(0.3, 0.5)),
        (u(0.0, 0.1), u(0.12, 0.26)),
        (u(0.25, 0.4), 0.0),
        (0.75, 0.02),
    ]
    right = [(u(0.85, 1.0), u(0.2, 0.35)), (u(0.6, 0.8), 0.65), foot]
    return [corner(top + right, line(foot, (1.0, u(0.85, 1.0)), u(-0.06, 0.06)))]


# 3: flat above, with a loop at the waist


def flat_three(u):
    left, right = (u(0.0, 0.2), u(0.0, 0.1)), (u(0.75, 0.95), u(0.0, 0.08))
    waist = (u(0.25, 0.5), u(0.3, 0.45))
    belly = [waist, (u(0.6, 0.75), 0.42), (u(0.9, 1.0), u(0.6, 0.75)), (0.7, 0.97), (0.35, 1.0)]
    return [
        corner(
            line(left, right, u(-0.04, 0.04)),
            line(right, waist),
            [*belly, (u(0.0, 0.1), u(0.8, 0.93))],
        )
    ]


def looped_three(u):
    y = u(0.42, 0.5)
    return [
        [(u(0.05, 0.2), u(0.05, 0.2)), (0.45, 0.0), (u(0.75, 0.9), 0.15), (0.65, y - 0.1),
         (u(0.3, 0.42), y), (u(0.25, 0.34), y + 0.07), (0.42, y + 0.06), (0.7, y + 0.06),
         (u(0.88, 1.0), 0.72), (0.7, 0.96), (0.38, 1.0), (u(0.0, 0.15), u(0.8, 0.93))]
    ]  # fmt: skip


# 4: one zigzag, one stroke, open, with a stem that only crosses


def zigzag_four(u):
    left, right = (u(0.0, 0.12), u(0.5, 0.7)), (u(0.85, 1.0), u(0.42, 0.62))
    return [
        corner(
            line((u(0.35, 0.75), 0.0), left, u(-0.06, 0.06)),
            line(left, right, u(-0.06, 0.06)),
            line(right, (u(0.45, 0.75), 1.0), u(-0.06, 0.06)),
        )
    ]


def one_stroke_four(u):
    """From the top to the left, across, and back over a loop into the stem."""
    left = (u(0.0, 0.1), u(0.52, 0.7))
    x = u(0.5, 0.7)
    loop = [left, (0.45, left[1] + u(-0.04, 0.02)), (u(0.85, 1.0), left[1] - u(0.02, 0.12))]
    stem = [(x + u(0.1, 0.2), u(0.22, 0.4)), (x, left[1]), (x - u(-0.02, 0.1), 1.0)]
    return [corner(line((x, 0.0), left, u(-0.06, 0.06)), loop + stem)]


def open_four(u):
    left = (u(0.0, 0.15), u(0.4, 0.7))
    x = u(0.55, 0.9)
    bar = line(left, (u(0.85, 1.05), left[1] + u(-0.12, 0.06)), u(-0.05, 0.05))
    top = (left[0] + u(0.0, 0.4), u(0.0, 0.15))
    stem = line((x + u(-0.02, 0.15), u(-0.05, 0.35)), (x - u(-0.05, 0.15), 1.0), u(-0.04, 0.04))
    return [corner(line(top, left, u(-0.06, 0.06)), bar), stem]


def four_with_a_short_stem(u):
    """The stem crosses the bar only: a triangle's side does the rest."""
    left = (u(0.0, 0.12), u(0.55, 0.75))
    x = u(0.45, 0.75)
    bar = line(left, (1.0, left[1] + u(-0.08, 0.06)), u(-0.04, 0.04))
    stem = line((x, left[1] - u(0.12, 0.35)), (x + u(-0.06, 0.06), 1.0))
    return [corner(line((u(0.3, 0.75), 0.0), left, u(-0.05, 0.05)), bar), stem]


def upright_four(u):
    """Like Ч: down, around, and a stem along the right."""
    x = u(0.75, 0.95)
    bowl = [(u(0.0, 0.15), 0.0), (u(0.0, 0.12), 0.3), (0.25, u(0.45, 0.58)), (x, u(0.42, 0.55))]
    return [bowl, line((x + u(-0.02, 0.08), u(-0.03, 0.1)), (x + u(-0.1, 0.05), 1.0))]


# 5: a bar that floats, one swing like an s


def belly(u, start):
    return [start, (0.45, u(0.33, 0.43)), (u(0.82, 0.95), u(0.55, 0.7)), (0.72, 0.95), (0.38, 1.0),
            (u(0.0, 0.12), u(0.82, 0.95))]  # fmt: skip


def five_with_a_floating_bar(u):
    neck = (u(0.12, 0.25), u(0.4, 0.52))
    top = (neck[0] + u(0.0, 0.12), u(0.0, 0.2))
    y = top[1] - u(-0.04, 0.14)
    bar = line((top[0] + u(-0.05, 0.3), y), (u(0.75, 1.15), y + u(-0.14, 0.06)), u(-0.06, 0.06))
    return [corner(line(top, neck), belly(u, neck)), bar]


def five_like_an_s(u):
    return [
        [(u(0.8, 1.0), u(0.0, 0.15)), (0.55, 0.0), (u(0.2, 0.32), u(0.08, 0.2)),
         (u(0.15, 0.28), 0.36),
         (0.5, u(0.44, 0.54)), (u(0.78, 0.95), u(0.6, 0.75)), (0.65, 0.96), (0.3, 1.0),
         (u(0.0, 0.1), u(0.82, 0.97))]
    ]  # fmt: skip


def angular_five(u):
    corner_of = (u(0.12, 0.3), u(0.0, 0.08))
    neck = (u(0.05, 0.2), u(0.38, 0.5))
    bar = line((u(0.8, 1.05), u(-0.02, 0.1)), corner_of, u(-0.04, 0.04))
    return [corner(bar, line(corner_of, neck), belly(u, neck))]


# 6: a long tail, straight, curled, or like a b


def six_with_a_long_tail(u):
    top = u(0.5, 0.72)  # where the ring begins
    tail = [(u(0.35, 1.0), 0.0), (u(0.2, 0.4), u(0.3, 0.42))]
    ring = arc((0.45, (top + 1) / 2), (u(0.32, 0.48), (1 - top) / 2), -180, -540 + u(-40, 30), 9)
    return [tail + ring]


def six_like_a_b(u):
    x = u(0.05, 0.2)
    top = u(0.42, 0.6)
    ring = [
        (0.3, 0.98),
        (0.6, 1.0),
        (u(0.85, 1.0), (top + 1) / 2),
        (0.55, top),
        (x + 0.05, u(0.62, 0.85)),
    ]
    return [[(x + u(-0.03, 0.15), 0.0), (x, 0.45), (x + 0.02, 0.8), *ring]]


def six_with_a_curled_top(u):
    top = u(0.48, 0.62)
    ring = arc((0.48, (top + 1) / 2), (u(0.36, 0.48), (1 - top) / 2), -175, -500 + u(-50, 20), 8)
    return [
        [
            (u(0.75, 1.0), u(0.06, 0.22)),
            (u(0.6, 0.7), 0.0),
            (u(0.15, 0.35), 0.12),
            (0.06, 0.45),
            *ring,
        ]
    ]


# 7: crossed straight, curled, or looped, and with a long serif


def seven(u, serif=0.0, curl=0.0, lean=None):
    left, right = (u(0.0, 0.1), u(0.0, 0.1)), (u(0.85, 1.0), u(0.0, 0.08))
    lean = u(0.0, 0.65) if lean is None else lean
    foot = (right[0] - lean, 1.0)
    top = [left, between(left, right, 0.35, curl), between(left, right, 0.7, -curl), right]
    if serif:
        top = corner([(left[0] + u(-0.04, 0.06), serif), left], top)
    return corner(top, line(right, foot, u(-0.02, 0.12)))


def crossing(u, stroke, bend=0.0):
    """A bar through the stem of a seven, its last line."""
    x, y = between(stroke[-3], stroke[-1], u(0.4, 0.62))
    tilt = u(-0.12, 0.1)
    return line((x - u(0.15, 0.5), y - tilt), (x + u(0.15, 0.5), y + tilt), bend)


def crossed_seven(u):
    stroke = seven(u, serif=u(0.12, 0.3) if u(0, 1) < 0.4 else 0)
    return [stroke, crossing(u, stroke)]


def crossed_curled_seven(u):
    stroke = seven(u, serif=u(0.12, 0.3) if u(0, 1) < 0.3 else 0, curl=u(0.05, 0.16))
    return [stroke, crossing(u, stroke, u(0.08, 0.25) * (1 if u(0, 1) < 0.5 else -1))]


def looped_seven(u):
    """Down the stem, back up on the left and through it, without lifting the pen."""
    stroke = seven(u, curl=u(0.0, 0.1), lean=u(0.1, 0.5))
    x, y = between(stroke[-3], stroke[-1], u(0.4, 0.6))
    left = [(stroke[-1][0] - u(0.1, 0.25), u(0.8, 0.92)), (x - u(0.25, 0.45), y + u(0.02, 0.14))]
    return [[*stroke, *left, (x, y), (x + u(0.2, 0.45), y - u(-0.05, 0.1))]]


def seven_with_a_long_serif(u):
    return [seven(u, serif=u(0.2, 0.5), lean=u(-0.05, 0.3))]


def seven_with_a_looped_corner(u):
    x, y = u(0.72, 0.85), u(0.1, 0.18)
    return [
        [(0.0, u(0.05, 0.2)), (0.3, u(0.0, 0.08)), (x, y), (1.0, u(0.08, 0.16)), (0.95, 0.0),
         (x, y + 0.04), (u(0.45, 0.65), 0.5), (u(0.25, 0.6), 1.0)]
    ]  # fmt: skip


# 8: with tails, open above, two rings


def eight_with_tails(u):
    """From the upper right through an s and back up, beyond where it began."""
    return [
        [(u(0.75, 1.05), u(-0.05, 0.2)), (0.5, 0.0), (u(0.12, 0.25), u(0.12, 0.24)),
         (0.4, u(0.4, 0.5)),
         (u(0.75, 0.92), u(0.65, 0.8)), (0.5, 1.0), (u(0.08, 0.25), u(0.75, 0.88)),
         (0.45, u(0.5, 0.6)),
         (u(0.8, 1.2), u(-0.15, 0.25))]
    ]  # fmt: skip


def eight_open_above(u):
    """From the upper left, the ends far apart."""
    return [
        [(u(0.0, 0.2), u(0.0, 0.12)), (0.5, u(0.02, 0.1)), (u(0.7, 0.9), u(0.0, 0.1)), (0.55, 0.38),
         (u(0.08, 0.22), u(0.68, 0.82)), (0.45, 1.0), (u(0.85, 1.0), u(0.7, 0.82)),
         (0.5, u(0.45, 0.52)),
         (u(0.1, 0.25), u(0.22, 0.32)), (u(0.25, 0.4), u(0.02, 0.12))]
    ]  # fmt: skip


def eight_of_two_rings(u):
    waist = u(0.4, 0.52)
    upper = arc(
        (0.5 + u(-0.06, 0.06), waist / 2), (u(0.25, 0.4), waist / 2), -90, -450 + u(-30, 30)
    )
    lower = arc(
        (0.5, (waist + 1) / 2 + u(-0.03, 0.03)),
        (u(0.35, 0.5), (1 - waist) / 2),
        -90,
        -450 + u(-30, 30),
    )
    return [upper, lower]


# 9: like a g, an s, a q


def ring_of_nine(u, x, low):
    """From the right side around to the right side again, from where the stem goes on."""
    width = u(0.5, 0.85) * (x + 0.05)
    return arc((x - width / 2, low / 2), (width / 2, low / 2), u(-70, -15), -360 + u(-25, 15), 8)


def nine_like_a_g(u):
    x = u(0.75, 0.95)
    tail = [(x + u(0.0, 0.06), 0.62), (x - u(0.02, 0.2), 0.9), (u(0.35, 0.55), 1.0)]
    end = [(u(0.0, 0.2), u(0.78, 0.96))]
    if u(0, 1) < 0.3:  # and through the stem again
        end += [(0.3, u(0.7, 0.8)), (1.0, u(0.5, 0.66))]
    return [[*ring_of_nine(u, x, u(0.32, 0.58)), *tail, *end]]


def nine_like_an_s(u):
    """A bowl that does not close, and a tail that swings to the left."""
    return [
        [(u(0.7, 0.95), u(0.0, 0.15)), (0.5, 0.0), (u(0.08, 0.25), u(0.12, 0.25)),
         (0.3, u(0.36, 0.46)),
         (0.62, u(0.3, 0.42)), (u(0.78, 0.92), u(0.12, 0.3)), (u(0.82, 0.98), 0.55), (0.7, 0.88),
         (0.38, 1.0), (u(0.0, 0.2), u(0.85, 1.0))]
    ]  # fmt: skip


def open_nine(u):
    """From the middle of the left: the ring stays open, as in a mirrored 6 or a hooked 3."""
    y = u(0.3, 0.45)
    return [
        [(u(0.5, 0.8), y), (u(0.2, 0.35), y + u(0.0, 0.08)), (u(0.0, 0.15), u(0.1, 0.22)),
         (0.45, 0.0),
         (u(0.8, 0.95), u(0.15, 0.3)), (u(0.8, 1.0), 0.6), (0.65, 0.92), (u(0.3, 0.45), 1.0),
         (u(0.0, 0.2), u(0.84, 0.96))]
    ]  # fmt: skip


def nine_like_a_q(u):
    x = u(0.65, 0.85)
    ring = ring_of_nine(u, x, u(0.38, 0.58))
    tail = line((x, 1.0), (x + u(0.1, 0.35), u(0.82, 0.97))) if u(0, 1) < 0.7 else []
    stem = line((x + u(-0.03, 0.08), u(-0.02, 0.12)), (x, 1.0), u(-0.03, 0.03))
    return [ring, corner(stem, tail) if tail else stem]


def nine_with_a_flat_top(u):
    x = u(0.75, 0.95)
    low = u(0.4, 0.55)
    ring = [
        (x, u(0.0, 0.08)),
        (0.4, u(0.0, 0.06)),
        (u(0.0, 0.15), low * 0.6),
        (0.4, low),
        (x, low * 0.7),
    ]
    stem = line((x, u(0.0, 0.05)), (x - u(-0.05, 0.3), 1.0), u(-0.05, 0.05))
    return [ring, stem]


STYLES = {
    "0 slashed": slashed_zero,
    "0 backslashed": backslashed_zero,
    "0 slashed in one stroke": zero_slashed_in_one_stroke,
    "0 slashed upright": upright_slashed_zero,
    "0 dotted": dotted_zero,
    "0 open": open_zero,
    "1 hooked": hooked_one,
    "1 long hook": one_with_a_long_hook,
    "1 foot": one_with_a_foot,
    "1 foot in one stroke": one_with_a_foot_in_one_stroke,
    "1 curled tail": one_with_a_curled_tail,
    "1 slanted": slanted_one,
    "2 two loops": two_with_two_loops,
    "2 angular": angular_two,
    "2 deep hook": two_with_a_deep_hook,
    "3 flat": flat_three,
    "3 looped": looped_three,
    "4 zigzag": zigzag_four,
    "4 one stroke": one_stroke_four,
    "4 open": open_four,
    "4 short stem": four_with_a_short_stem,
    "4 upright": upright_four,
    "5 floating bar": five_with_a_floating_bar,
    "5 like an s": five_like_an_s,
    "5 angular": angular_five,
    "6 long tail": six_with_a_long_tail,
    "6 like a b": six_like_a_b,
    "6 curled top": six_with_a_curled_top,
    "7 crossed": crossed_seven,
    "7 crossed, curled": crossed_curled_seven,
    "7 looped": looped_seven,
    "7 long serif": seven_with_a_long_serif,
    "7 looped corner": seven_with_a_looped_corner,
    "8 tails": eight_with_tails,
    "8 open above": eight_open_above,
    "8 two rings": eight_of_two_rings,
    "9 like a g": nine_like_a_g,
    "9 like an s": nine_like_an_s,
    "9 open": open_nine,
    "9 like a q": nine_like_a_q,
    "9 flat top": nine_with_a_flat_top,
}


SCRIPT = "03_lenet5/5_draw_other_hands.py"
FILE = files.DATA / "other_hands.npz"


def draw(style, rng):
    """One drawing of a style, prepared as MNIST was.

    Args:
        style: one of ``STYLES``.
        rng: NumPy's random generator.

    Returns:
        float32 of shape (28, 28) in [0, 1].
    """
    strokes = hand.write(
        STYLES[style](rng.uniform),
        rng,
        height=1,
        aspect=rng.uniform(0.5, 1.0),
        slant=rng.normal(0.06, 0.12),
        turn=rng.normal(0, 5),
        tremor=hand.TREMOR * rng.choice([0.5, 1, 1, 3]),
        gap=0 if rng.random() < 0.95 else rng.uniform(0.03, 0.1),
    )
    pen = math.exp(rng.uniform(math.log(0.03), math.log(0.2)))
    ink = hand.picture(strokes, 100, pen)
    if rng.random() < 0.35:
        ink = stretched(ink, rng)
    return drawings.fitted(find_ink(ink))


def stretched(ink, rng):
    """Stretch a digit towards a square, as some forms and scanners do; some in very few pixels.

    Args:
        ink: float32 of shape (H, W) in [0, 1], 1 = ink.
        rng: NumPy's random generator.

    Returns:
        float32 of another shape, with paper around.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    share, few = rng.uniform(0.3, 1), rng.random() < 0.4
    side = rng.integers(16, 24) if few else 80
    new = [max(2, round(side * (length / max(ink.shape)) ** (1 - share))) for length in ink.shape]
    ink = np.asarray(Image.fromarray(ink).resize(new[::-1], Image.Resampling.BOX))
    if few:
        ink = (ink > rng.uniform(0.25, 0.6) * np.quantile(ink[ink > 0], 0.8)).astype(np.float32)
    return np.pad(ink, max(2, side // 10))


def load():
    """The digits that `5_draw_other_hands.py` made.

    Returns:
        ``images, digits, styles``: uint8 of shape (N, 28, 28), 255 = ink; uint8 and str of shape
        (N,).

    Raises:
        InputError: they were not made yet.
    """
    if not FILE.exists():
        raise InputError(f"There is no {files.shown(FILE)} yet: run {SCRIPT} first (about 1 min).")
    arrays = datasets.read_npz(FILE)
    try:
        return arrays["images"], arrays["digits"], arrays["names"][arrays["styles"]]
    except (KeyError, IndexError) as error:
        raise InputError(f"{files.shown(FILE)} is damaged: run {SCRIPT} again.") from error


def scaled(images):
    """Images of 0 to 255 as float32 of shape (N, 28, 28, 1) in [0, 1]."""
    return images[..., np.newaxis].astype("float32") / 255


def divided(left_out):
    """The drawn digits for training, and those for validation.

    Args:
        left_out: styles that are for validation alone; of the others it is every tenth digit.

    Returns:
        ``(images, digits), (images, digits, styles)``

    Raises:
        InputError: a style in ``left_out`` does not exist, or the digits were not made yet.
    """
    for style in left_out:
        if style not in STYLES:
            raise InputError(f"LEFT_OUT names {style!r}: choose from {', '.join(STYLES)}.")
    images, digits, styles = load()
    new = (np.arange(len(images)) % 10 == 0) | np.isin(styles, left_out)
    return (images[~new], digits[~new]), (images[new], digits[new], styles[new])


def some_stretched(images, digits, share, seed):
    """A share of ``images``, stretched and prepared anew, and their digits."""
    rng = np.random.default_rng(seed)
    few = rng.permutation(len(images))[: round(share * len(images))]
    inks = (stretched(images[i].astype("float32") / 255, rng) for i in few)
    new = [drawings.fitted(find_ink(ink)) for ink in inks]
    return (255 * np.reshape(new, (-1, 28, 28))).round().astype(np.uint8), digits[few]


def with_other_pens(images, share):
    """Some strokes of a batch thicker, as a maximum over 2×2 pixels is, or thinner, as a minimum.

    Args:
        images: float32 tensor of shape (N, 28, 28, 1).
        share: of the images that are changed, half of them thicker.
    """
    which, much = tf.unstack(tf.random.uniform((2, tf.shape(images)[0], 1, 1, 1)))
    thick = tf.nn.max_pool2d(images, 2, 1, "SAME")
    thin = -tf.nn.max_pool2d(-images, 2, 1, "SAME")
    pen = tf.where(which < 0.5 * share, thick, tf.where(which < share, thin, images))
    return images + 0.8 * much * (pen - images)


def accuracies(model, new):
    """The accuracy on drawn digits, as a record has it: of all, and by style.

    Args:
        model: Keras model.
        new: ``images, digits, styles`` as ``divided`` gives them.
    """
    images, digits, styles = new
    probabilities = model.predict(scaled(images), verbose=0, batch_size=500)
    correct = probabilities.argmax(axis=1) == digits
    by_style = {style: float(correct[styles == style].mean()) for style in STYLES}
    return {"other_hands_accuracy": float(correct.mean()), "by_style": by_style}


def style_figure(compared, new, left_out, name):
    """How many drawn digits of each style models misread, as bars.

    Args:
        compared: dict of names to models.
        new: ``images, digits, styles`` as ``divided`` gives them.
        left_out: styles that were not trained on.
        name: file name of the figure.
    """
    figure = Figure(figsize=(6.5, 8), layout="constrained")
    axes = figure.subplots()
    places, height = np.arange(len(STYLES)), 0.8 / len(compared)
    for i, (label, model) in enumerate(compared.items()):
        by_style = accuracies(model, new)["by_style"]
        misread = [100 * (1 - by_style[style]) for style in STYLES]
        axes.barh(places + (i - (len(compared) - 1) / 2) * height, misread, height, label=label)
    axes.set_yticks(places, [f"{s} (left out)" if s in left_out else s for s in STYLES])
    axes.set_ylim(len(STYLES) - 0.5, -0.5)
    axes.set(xlabel="misread, %", title="Drawn digits that were not trained on")
    axes.legend()
    return plots.save(figure, name)
