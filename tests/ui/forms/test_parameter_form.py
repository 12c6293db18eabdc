import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.parameters import Parameter
from strategy_tester.domain.results import CONFIG_PARAMETERS, BacktestConfig
from strategy_tester.ui import i18n
from strategy_tester.ui.forms.fields import NumberField
from strategy_tester.ui.forms.parameter_form import ParameterForm, allowed_text

THIN = "\u202f"


@pytest.fixture
def form(qtbot) -> ParameterForm:
    form = ParameterForm(CONFIG_PARAMETERS)
    qtbot.addWidget(form)
    form.show()
    return form


def number(form: ParameterForm, place: str) -> NumberField:
    field = form.field(place)
    assert isinstance(field, NumberField)
    return field


def type_into(qtbot, field: NumberField, text: str) -> None:
    field.box.setFocus()
    field.box.selectAll()
    qtbot.keyClicks(field.box, text)


def test_defaults_of_the_form_are_the_defaults_of_the_config(form: ParameterForm):
    assert form.values() == BacktestConfig().to_dict()
    assert form.is_valid()


def test_rates_are_shown_and_typed_as_percent(form: ParameterForm, qtbot):
    fee = number(form, "taker_fee_rate")
    assert fee.box.text() == f"0.055{THIN}%"
    type_into(qtbot, fee, "0.1")
    assert form.values()["taker_fee_rate"] == 0.001


@pytest.mark.parametrize("rate", [0.00055, 0.0002, 0.0001, 0.00035, -0.00005, 0.1, 0.07])
def test_rates_survive_the_way_to_the_screen_and_back(form: ParameterForm, rate: float):
    form.set_values({"taker_fee_rate": rate})
    assert form.values()["taker_fee_rate"] == rate


def test_thousands_are_shown_with_thin_spaces_and_unit(form: ParameterForm):
    form.set_values({"initial_capital": 1_250_000.5})
    assert number(form, "initial_capital").box.text() == f"1{THIN}250{THIN}000.5{THIN}USDT"
    assert form.values()["initial_capital"] == 1_250_000.5


def test_comma_is_taken_as_the_decimal_point(form: ParameterForm, qtbot):
    type_into(qtbot, number(form, "leverage"), "2,5")
    assert form.values()["leverage"] == 2.5


def test_letters_cannot_be_typed_into_a_number(form: ParameterForm, qtbot):
    type_into(qtbot, number(form, "leverage"), "7z")
    assert form.values()["leverage"] == 7.0


def test_value_out_of_bounds_is_said_beside_the_field(form: ParameterForm, qtbot):
    with qtbot.waitSignal(form.validity_changed) as told:
        type_into(qtbot, number(form, "leverage"), "101")
    assert told.args == [False]
    error = form._errors["leverage"]
    assert error.isVisible()
    assert error.text() == f"Allowed: a number from 1{THIN}x to 100{THIN}x"
    assert number(form, "leverage").box.property("invalid") is True
    with pytest.raises(InvalidParameter):
        form.values()
    assert form.focus_first_error()
    with qtbot.waitSignal(form.validity_changed) as told:
        type_into(qtbot, number(form, "leverage"), "100")
    assert told.args == [True]
    assert not error.isVisible()


def test_optional_number_is_off_until_switched_on(form: ParameterForm, qtbot):
    field = number(form, "fixed_quantity")
    assert field.switch is not None
    assert not field.box.isEnabled()
    assert field.box.text() == ""
    assert field.box.lineEdit().placeholderText() == "not set"
    qtbot.mouseClick(field.switch, Qt.MouseButton.LeftButton)
    assert field.box.isEnabled()
    assert form.values()["fixed_quantity"] == 1.0
    type_into(qtbot, field, "0.25")
    assert form.values()["fixed_quantity"] == 0.25
    qtbot.mouseClick(field.switch, Qt.MouseButton.LeftButton)
    assert form.values()["fixed_quantity"] is None
    form.set_values({"fixed_quantity": 3.0})
    assert field.box.text() == "3"
    assert form.values()["fixed_quantity"] == 3.0


def test_change_by_the_user_is_told_but_not_by_the_program(form: ParameterForm, qtbot):
    with qtbot.assertNotEmitted(form.changed):
        form.set_values({"leverage": 5.0, "fill": "close", "maker_exits": True, "fixed_quantity": 1.0})
    with qtbot.waitSignal(form.changed):
        qtbot.keyClick(number(form, "leverage").box, Qt.Key.Key_Up)
    assert form.values()["leverage"] == 6.0


def test_choices_and_labels_follow_the_language(form: ParameterForm):
    box = form.field("fill").box
    assert [box.itemText(row) for row in range(box.count())] == ["Next open", "Close price"]
    i18n.set_language("ru")
    assert form._labels["initial_capital"].text() == "Капитал"
    assert box.itemText(0) == "Следующее открытие"
    assert form._labels["leverage"].toolTip().startswith("Стоимость позиции")
    assert form.values() == BacktestConfig().to_dict()


def test_reset_goes_back_to_the_defaults(form: ParameterForm, qtbot):
    form.set_values({"leverage": 7.0})
    with qtbot.waitSignal(form.changed):
        form.reset()
    assert form.values() == BacktestConfig().to_dict()


def test_places_key_values_and_others_are_passed_over(qtbot):
    period = Parameter("period", "int", 14, 1, 500, unit="bars")
    form = ParameterForm()
    qtbot.addWidget(form)
    form.set_entries([("indicators[0].period", period, 20), ("indicators[1].period", period, 50)])
    form.set_values({"indicators[1].period": 60, "elsewhere": 1})
    assert form.values() == {"indicators[0].period": 20, "indicators[1].period": 60}
    form.set_parameters([Parameter("note", "text", None), Parameter("on", "bool", True)])
    assert form.values() == {"note": None, "on": True}


def test_whole_numbers_stay_whole(qtbot):
    form = ParameterForm([Parameter("period", "int", 14, 1, 500)])
    qtbot.addWidget(form)
    form.show()
    type_into(qtbot, number(form, "period"), "12.5")
    assert form.values()["period"] == 125
    assert isinstance(form.values()["period"], int)


def test_error_found_elsewhere_stays_until_the_value_changes(form: ParameterForm, qtbot):
    form.set_error("leverage", "The exchange allows 25 at most.")
    assert not form.is_valid()
    assert form._errors["leverage"].text() == "The exchange allows 25 at most."
    qtbot.keyClick(number(form, "leverage").box, Qt.Key.Key_Up)
    assert form.is_valid()


def test_wheel_over_a_field_without_focus_scrolls_the_panel(form: ParameterForm):
    box = number(form, "leverage").box
    box.clearFocus()
    event = QWheelEvent(
        QPointF(5, 5), QPointF(box.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, event)
    assert form.values()["leverage"] == 1.0


def test_hidden_rows_keep_their_value(form: ParameterForm):
    form.set_row_visible("leverage", False)
    assert not form._labels["leverage"].isVisible()
    assert form.values()["leverage"] == 1.0


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Parameter("fee_rate", "float", 0.0, -0.01, 0.1), f"a number from \u22121{THIN}% to 10{THIN}%"),
        (Parameter("period", "int", 1, 1), "a whole number, 1 or more"),
        (Parameter("size", "float", 1.0, None, 1e15, unit="USDT"), f"a number, 1e+15{THIN}USDT or less"),
        (Parameter("any", "float", 1.0), "a number"),
    ],
)
def test_bounds_are_said_in_the_units_of_the_screen(qapp, parameter: Parameter, text: str):
    assert allowed_text(parameter) == text


def test_labels_go_above_their_fields_where_there_is_no_room_beside_them(qtbot, qapp):
    panel = QWidget()
    qtbot.addWidget(panel)
    form = ParameterForm(CONFIG_PARAMETERS, panel)
    panel.resize(800, 1300)
    panel.show()
    form.resize(700, 1200)
    qapp.processEvents()
    label, field = form._labels["taker_fee_rate"], form.field("taker_fee_rate")
    assert not form.is_narrow
    assert label.geometry().right() < field.geometry().left()
    form.resize(form.minimumSizeHint().width(), 1200)
    qapp.processEvents()
    assert form.is_narrow
    assert label.geometry().bottom() < field.geometry().top()
    assert field.width() >= field.minimumSizeHint().width()
    assert field.geometry().right() < form.width()
    form.resize(700, 1200)
    qapp.processEvents()
    assert not form.is_narrow
    assert label.geometry().right() < field.geometry().left()
