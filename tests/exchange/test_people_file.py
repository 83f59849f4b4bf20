"""A CSV file gives the people that it holds, or one line that says what is wrong where."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.exchange.people_file import read_people_csv
from ataraxy.pharmacology.population import sample_population

HEADER = "age_y,sex,weight_kg\n"


@pytest.fixture
def file(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def test_a_file_with_all_columns_gives_all_of_them(file):
    people = read_people_csv(
        file(
            "id,ancestry,height_cm,age_y,sex,weight_kg\nP-1,japanese,160.5,44,Female,55\nP-2,,,63.5,m,8.1e1\n"
        )
    )
    assert people.id.tolist() == ["P-1", "P-2"]
    assert people.ancestry.tolist() == ["japanese", "other"]
    assert people.height_cm[0] == 160.5
    assert np.isnan(people.height_cm[1])
    assert people.age_y.tolist() == [44.0, 63.5]
    assert people.sex.tolist() == ["female", "male"]
    assert people.weight_kg.tolist() == [55.0, 81.0]


def test_the_required_columns_are_enough(file):
    people = read_people_csv(file(HEADER + "30,female,60\n40,male,70\n"))
    assert people.id.tolist() == ["0", "1"]
    assert people.ancestry.tolist() == ["other", "other"]
    assert np.isnan(people.height_cm).all()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfage_y,sex,weight_kg\n30,female,60\n",
        b"age_y,sex,weight_kg\r\n30,female,60\r\n",
        b"age_y,sex,weight_kg\n30,female,60",
        b"\n\nage_y, sex ,weight_kg\n\n 30 ,female,60\n\n",
        b'"age_y","sex","weight_kg"\n"30","female","60"\n',
    ],
    ids=["byte-order mark", "Windows", "no last line end", "empty lines and blanks", "quoted"],
)
def test_harmless_differences_of_form_make_no_difference(file, content):
    assert (
        read_people_csv(file(content)).fingerprint()
        == read_people_csv(file(HEADER + "30,female,60\n")).fingerprint()
    )


@given(seed=st.integers(0, 1000), n=st.integers(1, 20))
@settings(max_examples=20)
def test_people_who_are_written_and_read_are_the_same(tmp_path_factory, seed, n):
    people = sample_population(n, seed)
    rows = zip(
        people.id, people.age_y, people.sex, people.weight_kg, people.height_cm, people.ancestry, strict=True
    )
    lines = [",".join([i, repr(float(a)), s, repr(float(w)), repr(float(h)), c]) for i, a, s, w, h, c in rows]
    path = tmp_path_factory.mktemp("written") / "people.csv"
    path.write_text("id,age_y,sex,weight_kg,height_cm,ancestry\n" + "\n".join(lines), encoding="utf-8")
    assert read_people_csv(path).fingerprint() == people.fingerprint()


BAD = {
    "empty file": ("", "empty", None, "the file is empty"),
    "only blanks": ("\n\n\n", "empty", None, "the file is empty"),
    "header alone": (HEADER, "empty", None, "no people below the header"),
    "column missing": ("age_y,sex\n30,male\n", "column-missing", 1, "column weight_kg is missing"),
    "column twice": ("age_y,sex,weight_kg,sex\n30,male,70,male\n", "column-twice", 1, '"sex" stands twice'),
    "no header": ("30,male,70\n", "column-unknown", 1, "The first line must name the columns"),
    "misspelt column": ("age_y,sex,weight_kg,heigth_cm\n", "column-unknown", 1, "Is it height_cm?"),
    "unknown column": ("age_y,sex,weight_kg,shoes\n", "column-unknown", 1, "Remove it; known are age_y"),
    "column without a name": ("age_y,sex,weight_kg,\n30,male,70,\n", "column-unknown", 1, "Name column 4"),
    "capital letters": ("Age_Y,sex,weight_kg\n", "column-unknown", 1, "Name it age_y"),
    "unit in brackets": ("age_y,sex,weight (kg)\n", "column-unknown", 1, "Name it weight_kg"),
    "pounds": ("age_y,sex,weight_lb\n30,male,150\n", "column-unknown", 1, "0.45359237"),
    "inches": ("age_y,sex,weight_kg,height_in\n", "column-unknown", 1, "multiply by 2.54"),
    "metres": ("age_y,sex,weight_kg,Height [m]\n", "column-unknown", 1, "multiply by 100"),
    "no unit": ("age_y,sex,weight\n", "column-unknown", 1, "in kilograms and name the column weight_kg"),
    "gender": ("age_y,gender,weight_kg\n", "column-unknown", 1, "Name the column sex"),
    "semicolons": ("age_y;sex;weight_kg\n30;male;70\n", "delimiter", 1, "separated by semicolons"),
    "tabs": ("age_y\tsex\tweight_kg\n30\tmale\t70\n", "delimiter", 1, "separated by tabs"),
    "a child's weight": (
        HEADER + "30,male,70\n30,male,10\n",
        "range",
        3,
        "weight_kg: 10 kg is not plausible",
    ),
    "a weight in grams": (HEADER + "30,male,70000\n", "range", 2, "70000 kg is not plausible"),
    "a child's age": (HEADER + "17.9,male,70\n", "range", 2, "age_y: 17.9 years is not plausible"),
    "a negative weight": (HEADER + "30,male,-70\n", "range", 2, "-70 kg"),
    "a height in metres": ("height_cm," + HEADER + "1.7,30,male,70\n", "range", 2, "height_cm: 1.7 cm"),
    "nan": (HEADER + "30,male,nan\n", "number", 2, 'weight_kg: "nan" is not a number'),
    "infinity": (HEADER + "30,male,inf\n", "number", 2, '"inf" is not a number'),
    "overflow": (HEADER + "30,male,1e999\n", "range", 2, "1e999 kg"),
    "word for a number": (HEADER + "thirty,male,70\n", "number", 2, 'age_y: "thirty" is not a number'),
    "unit in the value": (HEADER + "30,male,70 kg\n", "number", 2, '"70 kg" is not a number'),
    "decimal comma": (HEADER + '30,male,"70,5"\n', "number", 2, "with a decimal point"),
    "underscore": (HEADER + "30,male,7_0\n", "number", 2, '"7_0" is not a number'),
    "digits of another script": (HEADER + "30,male,٧٠\n", "number", 2, "is not a number"),
    "missing weight": (HEADER + "30,male,\n", "value-missing", 2, "weight_kg: the value is missing"),
    "missing id": ("id," + HEADER + " ,30,male,70\n", "value-missing", 2, "id: the value is missing"),
    "unknown sex": (
        HEADER + "30,other,70\n",
        "word",
        2,
        'sex: "other" is not known. Use one of female, male',
    ),
    "sex as a number": (HEADER + "30,1,70\n", "word", 2, "Use one of female, male"),
    "unknown ancestry": ("ancestry," + HEADER + "klingon,30,male,70\n", "word", 2, "Use one of other, asian"),
    "id twice": ("id," + HEADER + "a,30,male,70\nb,30,male,70\na,31,male,70\n", "id-twice", 4, "on line 2"),
    "long id": ("id," + HEADER + "x" * 201 + ",30,male,70\n", "id-long", 2, "201 characters"),
    "short row": (HEADER + "30,male\n", "row-length", 2, "2 values where the header has 3 columns"),
    "unquoted decimal comma": (HEADER + "30,male,70,5\n", "row-length", 2, "write decimals with a point"),
    "open quotation mark": (HEADER + '30,"male,70\n40,male,70\n', "syntax", 3, "quotation marks"),
    "text after quotation mark": (HEADER + '30,"male"s,70\n', "syntax", 2, "quotation marks"),
    "too large a field": (HEADER + "30,male," + "7" * 200_000 + "\n", "syntax", 2, "not valid CSV"),
    "not UTF-8": (
        HEADER.encode() + b"30,male,70\n30,m\xe4nnlich,70\n",
        "not-text",
        3,
        "Save it as CSV in UTF-8",
    ),
    "UTF-16": ((HEADER + "30,male,70\n").encode("utf-16"), "not-text", 1, "UTF-8"),
    "UTF-16 without a mark": ((HEADER + "30,male,70\n").encode("utf-16-le"), "not-text", 1, "UTF-16"),
    "binary": (b"PK\x03\x04\x00\x00", "not-text", 1, "binary"),
}


@pytest.mark.parametrize(("content", "code", "line", "words"), BAD.values(), ids=BAD)
def test_bad_input_gives_one_line_with_file_line_and_remedy(file, content, code, line, words):
    path = file(content)
    with pytest.raises(InputError) as caught:
        read_people_csv(path)
    error = caught.value
    assert error.code == f"people-file.{code}"
    assert str(error).startswith(f"{path}:{line}:" if line else f"{path}: ")
    assert words in str(error)
    assert error.remedy
    assert "\n" not in str(error)
    assert len(str(error)) < len(str(path)) + 300
    assert error.exit_status == 2


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no such file.*people-file\.missing"):
        read_people_csv(tmp_path / "nobody.csv")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(InputError, match=r"directory.*people-file\.not-a-file"):
        read_people_csv(tmp_path)


def test_a_path_with_a_nul_is_refused():
    with pytest.raises(InputError, match=r"people-file\.unreadable"):
        read_people_csv("people\0.csv")


def test_more_people_than_the_limit_are_refused_at_their_line(file):
    path = file(HEADER + "30,male,70\n" * 4)
    assert len(read_people_csv(path, most_rows=4)) == 4
    with pytest.raises(InputError, match=r":5: there are more than 3 people.*people-file\.too-many"):
        read_people_csv(path, most_rows=3)


@given(st.binary(max_size=200))
def test_no_bytes_give_anything_but_people_or_an_input_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "people.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_people_csv(path)


@given(st.text(alphabet='0123456789.,;"\n\r\tfemalx-eE ', max_size=60))
def test_no_text_below_a_header_gives_anything_but_people_or_an_input_error(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "people.csv"
    path.write_text(HEADER + rows, encoding="utf-8", newline="")
    try:
        people = read_people_csv(path)
    except InputError as error:
        people = error
    assert "\n" not in str(people) if isinstance(people, InputError) else len(people) >= 1
