"""Compared with what Keras does: the cases are those of its documentation and of chapter 01."""

import checking
from checking import Wrong

HINTS = (
    "With «valid» the first position is 0 and the last one begins at `size - kernel`. How many"
    " steps of `stride` fit between them, and how many positions are that?",
    "With «same» the output does not depend on the kernel. In Python, `-(-a // b)` rounds up.",
    "With «same» the last position begins at `(output - 1) * stride`. Count the pixels from 0 to"
    " its end: what is more than `size` is padding. It is never negative.",
)


def check(exercise):
    for size, kernel, stride, padding in [
        (5, 3, 1, "valid"), (28, 5, 1, "valid"), (28, 2, 2, "valid"), (7, 3, 2, "valid"),
        (8, 3, 2, "valid"), (11, 4, 3, "valid"), (28, 5, 1, "same"), (28, 3, 1, "same"),
        (5, 2, 1, "same"), (6, 3, 2, "same"), (7, 3, 2, "same"), (6, 1, 2, "same"),
        (28, 2, 2, "same"), (10, 5, 4, "same"),
    ]:  # fmt: skip
        returned = checking.call(exercise, "padding_and_output_size", size, kernel, stride, padding)
        before, after, output = checking.parts(returned, 3, "padding_and_output_size")
        case = f"For {size} pixels, kernel {kernel}, stride {stride} and «{padding}»"
        right = expected(size, kernel, stride, padding)
        if output != right[2]:
            question = (
                "How many times does the kernel fit, the first position included?"
                if padding == "valid"
                else "It is size / stride, rounded up."
            )
            raise Wrong(f"{case} the output is {right[2]}, not {output}. {question}")
        if before + after != sum(right[:2]):
            question = (
                "Zeros are never taken away: what if the kernel is smaller than the stride?"
                if before + after < 0
                else "Where does the last position end?"
            )
            raise Wrong(
                f"{case} {sum(right[:2])} zeros are added, not {before + after}. {question}"
            )
        if (before, after) != right[:2]:
            raise Wrong(
                f"{case} {right[0]} zeros come before and {right[1]} after, not {before} and"
                f" {after}. An odd zero comes after."
            )
    return "14 cases are right."


def expected(size, kernel, stride, padding):
    """By trying positions one after the other."""
    if padding == "valid":
        return 0, 0, sum(start + kernel <= size for start in range(0, size, stride))
    starts = range(0, size, stride)
    total = max(starts[-1] + kernel - size, 0)
    return total // 2, total - total // 2, len(starts)
