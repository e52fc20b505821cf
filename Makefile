# «make demo» shows the collection at work, «make test» runs the tests, «make draw» opens the page.
# Make is a convenience: the README gives the same in plain Python commands.

PYTHON ?= python3
RUN := .venv/bin/python
# Two processes for the tests, each of which takes whole files: many tests wait for a single core.
# The files stay in the order that tests/conftest.py gives them, the long ones first.
TWO_AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-fast draw results experiments cifar10 page outputs site python

# First the drawings are read by the models that came with the repository: a few seconds.
demo: .venv/installed
	$(RUN) 03_lenet5/3_classify_drawings.py
	$(RUN) 02_linear/1_train_linear.py
	$(RUN) 03_lenet5/1_train_lenet5.py
	$(RUN) -m cnn_practice.results linear lenet5
	@echo
	@echo "models/ and images/figures/ now hold the linear model and LeNet-5 of this computer;"
	@echo "«git checkout models images/figures» brings back those that came with the repository."
	@echo "Next: «make draw», and draw a digit yourself; or change a hyperparameter at the top of"
	@echo "03_lenet5/1_train_lenet5.py and run it again; or follow the map in README.md."

test: .venv/installed-for-tests
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -q $(TWO_AT_ONCE) --durations=15

test-fast: .venv/installed-for-tests
	$(RUN) -m pytest -q $(TWO_AT_ONCE) -m "not script"

# CIFAR-10 for chapter 06, 184 MB: without it the tests that need it are skipped.
cifar10: .venv/installed
	$(RUN) -c "from cnn_practice import datasets; datasets.load_cifar10()"

# The drawing page as one file that opens with a double click: draw_digits/build/draw.html.
page: .venv/installed
	$(RUN) draw_digits/build_page.py

# The same page from a small server, which saves your drawings.
draw: .venv/installed-for-page
	$(RUN) draw_digits/server.py

# The course as a website that opens from disk: site/_build/html/index.html.
site: .venv/installed-for-site page
	$(RUN) site/build_site.py

# The figures in the READMEs and the headers of the scripts, from the records of the runs.
results: .venv/installed
	$(RUN) -m cnn_practice.results --write

# What «Try» of the scripts names, measured: hours, and the same command goes on with what is missing.
experiments: .venv/installed
	$(RUN) experiments/run.py $(ONLY)

# What the scripts print and draw, for the site: of those that were changed.
outputs: .venv/installed-for-site
	$(RUN) site/record_outputs.py

# An environment of this folder, made once; remove .venv to make it anew.
python:
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else \
	'Python 3.11 to 3.13 is needed, and $(PYTHON) is %d.%d: run «make PYTHON=python3.12 …».' % v)"

.venv/installed: requirements.txt pyproject.toml | python
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/installed-for-page: .venv/installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[page]"
	touch $@

.venv/installed-for-site: .venv/installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[site]"
	touch $@

.venv/installed-for-tests: .venv/installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[page,site,test,cluster]"
	touch $@
