from collections.abc import Callable
from contextlib import suppress

import pytest

from structgen import DocumentError
from structgen.core.options import InputFormat
from structgen.core.records import Document
from structgen.documents import DocumentProblem, ReadingOptions, read_documents
from structgen.documents.audio_formats import audio_format, is_audio


@pytest.mark.parametrize(
    ("head", "suffix", "video"),
    [
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav", False),
        (b"fLaC\x00\x00\x00\x22", "flac", False),
        (b"OggS\x00\x02", "ogg", False),
        (b"ID3\x04\x00\x00", "mp3", False),
        (b"\xff\xfb\x90\x64", "mp3", False),
        (b"\xff\xf3\x40\xc4", "mp3", False),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00", "m4a", False),
        (b"\x00\x00\x00\x20ftypisom\x00\x00....hdlr....vide", "mp4", True),
        (b"\x00\x00\x00\x20ftypmp42\x00\x00", "mp4", False),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x84webm" + b"A_OPUS", "webm", False),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x84webm" + b"V_VP9", "webm", True),
    ],
)
def test_audio_is_recognised_by_its_first_bytes(head: bytes, suffix: str, video: bool) -> None:
    found = audio_format(head, "call")
    assert (found.suffix, found.video) == (suffix, video)
    assert is_audio(head)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"", "is empty"),
        (b"Dear Sir, thank you", "not audio"),
        (b"\xff\xfeH\x00e\x00l\x00l\x00o\x00", "not audio"),
        (b"%PDF-1.7", "not audio"),
        (b"PK\x03\x04", "not audio"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "not audio"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "a video (AVI)"),
        (b"\x00\x00\x00\x14ftypqt  ", "a video (QuickTime)"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x88matroska", "a video (Matroska)"),
        (b"\x00\x00\x01\xba\x44", "a video (MPEG)"),
        (b"FORM\x00\x00\x10\x00AIFFCOMM", "AIFF"),
        (b"#!AMR\n", "AMR"),
        (b"\xff\xf1\x50\x80", "raw AAC"),
        (b"MThd\x00\x00", "MIDI"),
    ],
)
def test_what_is_no_audio_for_speech_servers_is_refused_by_name(head: bytes, said: str) -> None:
    assert not is_audio(head)
    with pytest.raises(DocumentError, match=r"empty|not audio|do not take") as caught:
        audio_format(head, "call.mp3")
    assert said in str(caught.value)


def test_random_bytes_raise_nothing_but_a_document_error() -> None:
    for first in range(256):
        for second in range(0, 256, 5):
            with suppress(DocumentError):
                audio_format(bytes([first, second, 0x90, 0x64, 0x66, 0x74]), "x")


@pytest.fixture
def recordings(tmp_path, sound: Callable[[float], bytes]):
    (tmp_path / "call.wav").write_bytes(sound(0.1))
    (tmp_path / "note.txt").write_text("Total: 5")
    return tmp_path


def test_a_recording_in_a_folder_is_read_only_if_somebody_listens(recordings) -> None:
    said: list[str] = []
    (only,) = read_documents([str(recordings)], notice=said.append)
    assert only.id == "note.txt"
    assert "1 file skipped" in said[0]
    options = ReadingOptions(listen=lambda data, name, source: Document(f"heard {len(data)}", name, source))
    both = list(read_documents([str(recordings)], options))
    assert [(one.id, one.text) for one in both if isinstance(one, Document)] == [
        ("call.wav", "heard 1644"),
        ("note.txt", "Total: 5"),
    ]


def test_a_recording_that_is_named_is_a_problem_if_nobody_listens(recordings) -> None:
    (problem,) = read_documents([str(recordings / "call.wav")])
    assert isinstance(problem, DocumentProblem)
    assert "structgen.transcribe" in problem.reason


def test_what_a_listener_refuses_is_the_problem_of_its_file_alone(recordings) -> None:
    def refuse(data: bytes, name: str, source: str) -> Document:
        raise DocumentError("no speech was found.")

    found = list(read_documents([str(recordings)], ReadingOptions(listen=refuse)))
    assert [type(one) for one in found] == [DocumentProblem, Document]
    assert str(found[0]).endswith("call.wav: no speech was found.")


def test_the_format_audio_replaces_what_the_suffix_says(recordings, sound) -> None:
    (recordings / "call.bin").write_bytes(sound(0.1))
    options = ReadingOptions(
        format=InputFormat.AUDIO, listen=lambda data, name, source: Document("heard", name, source)
    )
    (found,) = read_documents([str(recordings / "call.bin")], options)
    assert isinstance(found, Document)
    assert found.text == "heard"
