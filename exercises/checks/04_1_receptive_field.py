"""Compared with the pixels that really reach an output, followed backwards one by one."""

from checking import Wrong, call

HINTS = (
    "How much does a kernel of 3 add to the field when all strides before it are 1?",
    "Keep a second number: how many input pixels lie between two neighbouring values of the current"
    " map. Which layers change it?",
    "field += (kernel - 1) * step, then step *= stride.",
)
VGG16 = [pair for n in (2, 2, 3, 3, 3) for pair in [(3, 1)] * n + [(2, 2)]]


def reached(layers):
    """The number of input pixels that output 0 depends on."""
    places = {0}
    for kernel, stride in reversed(layers):
        places = {place * stride + offset for place in places for offset in range(kernel)}
    return max(places) - min(places) + 1


def check(exercise):
    cases = {
        "no layer at all": [],
        "one 3×3 convolution": [(3, 1)],
        "two 3×3 convolutions": [(3, 1), (3, 1)],
        "a pooling and a 3×3 convolution": [(2, 2), (3, 1)],
        "a 3×3 convolution and a pooling": [(3, 1), (2, 2)],
        "an 11×11 convolution of stride 4 and a pooling of 3 by 2": [(11, 4), (3, 2)],
        "LeNet-5's convolutions and poolings": [(5, 1), (2, 2), (5, 1), (2, 2)],
        "VGG-16's convolutions and poolings": VGG16,
    }
    for name, layers in cases.items():
        right, got = reached(layers), call(exercise, "receptive_field", layers)
        if got == right:
            continue
        if got == 1 + sum(kernel - 1 for kernel, _ in layers):
            raise Wrong(
                f"For {name} you find {got}, and {right} is right: after a stride of 2, how many"
                " pixels apart are two neighbouring values?"
            )
        step, late = 1, 1
        for kernel, stride in layers:
            step *= stride
            late += (kernel - 1) * step
        if got == late:
            raise Wrong(
                f"For {name} you find {got}, and {right} is right: a layer's own stride moves its"
                " windows apart, but does not make them wider."
            )
        raise Wrong(f"For {name} you find {got!r}, and {right} is right.")
    return f"VGG-16's convolutions see {reached(VGG16)} pixels."
