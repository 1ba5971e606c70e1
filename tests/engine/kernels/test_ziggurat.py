"""The layers of the ziggurat: what their definition says of them, and the r that Marsaglia & Tsang published."""

import math

import numpy as np
import pytest

from leadin.engine.kernels import ziggurat


def test_r_is_the_published_one():
    published = 3.6541528853610088
    assert abs(ziggurat.R - published) < 5e-16


def test_every_layer_has_the_same_area_and_the_top_one_ends_at_the_top():
    ends, heights = ziggurat.EDGES, ziggurat.HEIGHT
    assert len(ends) == len(heights) == 257
    assert ends[-1] == 0.0
    assert heights[-1] == 1.0
    areas = ends[1:-1] * np.diff(heights[1:])
    assert np.allclose(areas, ziggurat.area(ziggurat.R), rtol=1e-12, atol=0)
    assert ends[0] * heights[1] == pytest.approx(ziggurat.area(ziggurat.R), rel=1e-15)
    assert np.all(np.diff(ends) < 0)


def test_the_layers_cover_the_density_and_one_draw_in_67_needs_more_than_one_word():
    covered = 256 * ziggurat.area(ziggurat.R)
    assert math.sqrt(math.pi / 2) / covered == pytest.approx(0.9933, abs=5e-5)
    sure = np.mean(ziggurat.INNER / (ziggurat.WIDTH * 2.0**52))
    assert 1 - sure == pytest.approx(0.0149, abs=5e-5)


@pytest.mark.parametrize(("r", "sign"), [(3.0, 1), (3.65, 1), (3.66, -1), (4.0, -1)])
def test_a_base_too_short_leaves_too_much_area_and_one_too_long_too_little(r, sign):
    assert math.copysign(1, ziggurat.left_over(r)) == sign
