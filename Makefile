# «make demo» shows the collection at work, «make test» runs the tests, «make draw» opens the page.
# Make is a convenience: the README gives the same in plain Python commands.

PYTHON ?= python3
RUN := .venv/bin/python

.PHONY: demo test test-fast draw results cifar10

demo: .venv/installed
	$(RUN) 02_linear/1_train_linear.py
	$(RUN) 03_lenet5/1_train_lenet5.py
	$(RUN) 02_linear/3_classify_drawings.py
	$(RUN) 03_lenet5/3_classify_drawings.py
	$(RUN) -m cnn_practice.results linear lenet5

test: .venv/installed-for-tests
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -q --durations=15

test-fast: .venv/installed-for-tests
	$(RUN) -m pytest -q -m "not script"

# CIFAR-10 for chapter 06, 184 MB: without it the tests that need it are skipped.
cifar10: .venv/installed
	$(RUN) -c "from cnn_practice import datasets; datasets.load_cifar10()"

draw: .venv/installed-for-page
	$(RUN) draw_digits/server.py

# The figures in the README and the headers of the scripts, from models/*.results.json.
results: .venv/installed
	$(RUN) -m cnn_practice.results --write

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/installed-for-page: .venv/installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[page]"
	touch $@

.venv/installed-for-tests: .venv/installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[page,test]"
	touch $@
