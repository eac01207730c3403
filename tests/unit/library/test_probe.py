import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import pytest
from av.stream import Disposition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library import container, hdr
from sublarr_tasks.library.container import ProbeReason
from sublarr_tasks.library.probe import Chapter, HdrKind, Kind, Probe, Stream, probe
from sublarr_tasks.samples import AudioTrack, ChapterMark, SubtitleTrack, film, sound

if TYPE_CHECKING:
    from av import VideoStream

SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=video 9 RTP/AVP 96
a=rtpmap:96 H264/90000
"""


def reason(path: Path) -> str:
    with pytest.raises(ProbeError) as caught:
        probe(path)
    return caught.value.reason


def outcome(path: Path) -> tuple[Stream, ...] | ProbeReason:
    try:
        return probe(path).streams
    except ProbeError as error:
        return ProbeReason(error.reason)


def of_kind(found: Probe, kind: Kind) -> list[Stream]:
    return [stream for stream in found.streams if stream.kind == kind]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "film.mkv"
    film(path)
    return path


def test_container_duration_and_bit_rate_are_read(plain: Path) -> None:
    found = probe(plain)
    assert found.container == "matroska"
    assert found.duration == pytest.approx(1.0, abs=0.05)
    assert found.bit_rate is not None
    assert found.bit_rate == pytest.approx(plain.stat().st_size * 8, rel=0.1)


def test_a_video_stream_has_size_rate_and_depth(plain: Path) -> None:
    (video,) = of_kind(probe(plain), Kind.VIDEO)
    assert (video.codec, video.profile) == ("h264", "Constrained Baseline")
    assert (video.width, video.height, video.frame_rate) == (320, 180, 24.0)
    assert (video.bit_depth, video.hdr, video.interlaced) == (8, None, False)


def test_an_audio_stream_has_channels_layout_and_rate(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv", audio=[AudioTrack("deu", codec="ac3", layout="5.1")])
    (audio,) = of_kind(probe(tmp_path / "a.mkv"), Kind.AUDIO)
    assert (audio.codec, audio.channels, audio.layout) == ("ac3", 6, "5.1(side)")
    assert (audio.sample_rate, audio.bit_rate, audio.language) == (48_000, 48_000, "de")


@pytest.mark.parametrize(
    ("codec", "text"),
    [("subrip", True), ("ass", True), ("webvtt", True), ("hdmv_pgs_subtitle", False)],
)
def test_subtitles_are_text_or_bitmaps_under_ffmpegs_codec_names(
    tmp_path: Path, codec: str, text: bool
) -> None:
    film(tmp_path / "s.mkv", subtitles=[SubtitleTrack(codec=codec)])
    (subtitle,) = of_kind(probe(tmp_path / "s.mkv"), Kind.SUBTITLE)
    assert (subtitle.codec, subtitle.text) == (codec, text)


def test_a_language_keeps_its_region(tmp_path: Path) -> None:
    film(tmp_path / "s.mkv", subtitles=[SubtitleTrack("pt-BR")])
    assert of_kind(probe(tmp_path / "s.mkv"), Kind.SUBTITLE)[0].language == "pt-BR"


def test_an_undetermined_language_is_none(tmp_path: Path) -> None:
    film(tmp_path / "s.mkv", subtitles=[SubtitleTrack("und")])
    assert of_kind(probe(tmp_path / "s.mkv"), Kind.SUBTITLE)[0].language is None


@pytest.mark.parametrize(
    ("mark", "field"),
    [
        (Disposition.default, "default"),
        (Disposition.forced, "forced"),
        (Disposition.hearing_impaired, "hearing_impaired"),
        (Disposition.visual_impaired, "visual_impaired"),
        (Disposition.comment, "commentary"),
        (Disposition.original, "original"),
    ],
)
def test_each_disposition_sets_its_own_field(tmp_path: Path, mark: Disposition, field: str) -> None:
    film(tmp_path / "s.mkv", audio=[], subtitles=[SubtitleTrack(marks=mark)])
    (subtitle,) = of_kind(probe(tmp_path / "s.mkv"), Kind.SUBTITLE)
    names = "default forced hearing_impaired visual_impaired commentary original".split()
    assert [name for name in names if getattr(subtitle, name)] == [field]


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Forced", "forced"),
        ("English [CC]", "hearing_impaired"),
        ("English SDH", "hearing_impaired"),
        ("for the hearing impaired", "hearing_impaired"),
        ("Director's commentary", "commentary"),
        ("Non-forced", None),
        ("Accent", None),
        ("Reinforced", None),
    ],
)
def test_a_title_tells_what_a_subtitle_is_for(
    tmp_path: Path, title: str, field: str | None
) -> None:
    film(tmp_path / "s.mkv", subtitles=[SubtitleTrack(title=title)])
    (subtitle,) = of_kind(probe(tmp_path / "s.mkv"), Kind.SUBTITLE)
    assert subtitle.title == title
    names = ("forced", "hearing_impaired", "commentary")
    assert [n for n in names if getattr(subtitle, n)] == ([field] if field else [])


def test_the_title_of_an_mp4_track_is_its_name(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", audio=[AudioTrack(title="Commentary by the crew")])
    (audio,) = of_kind(probe(tmp_path / "a.mp4"), Kind.AUDIO)
    assert audio.title == "Commentary by the crew"
    assert audio.commentary


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("hdr", list(HdrKind))
def test_every_dynamic_range_is_told(tmp_path: Path, suffix: str, hdr: HdrKind) -> None:
    path = tmp_path / f"film{suffix}"
    film(path, codec="hevc", hdr=hdr, audio=(), subtitles=())
    (video,) = probe(path).streams
    assert (video.hdr, video.bit_depth) == (hdr, 10)


def test_the_letters_of_dolby_vision_in_a_title_are_not_its_configuration(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv", subtitles=[SubtitleTrack(title="dvcC dvvC", line="dvcC dvvC")])
    assert of_kind(probe(tmp_path / "a.mkv"), Kind.VIDEO)[0].hdr is None


@pytest.mark.parametrize("split", range(1, 7))
def test_a_dolby_vision_configuration_is_found_across_two_reads(tmp_path: Path, split: int) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"\x41\xe7\x84dvcC")
    descriptor = os.open(path, os.O_RDONLY)
    source = container.Source(descriptor, 100)
    source.read(split)
    source.read(100)
    os.close(descriptor)
    assert source.dolby_vision


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_cover_is_counted_and_is_no_video(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    film(path, attached_picture=True)
    found = probe(path)
    assert found.attached_pictures == 1
    assert [stream.codec for stream in of_kind(found, Kind.VIDEO)] == ["h264"]


def test_a_video_of_motion_jpeg_is_a_video(tmp_path: Path) -> None:
    film(tmp_path / "film.avi", codec="mjpeg", audio=(), subtitles=())
    found = probe(tmp_path / "film.avi")
    assert ([s.codec for s in found.streams], found.attached_pictures) == (["mjpeg"], 0)


def test_chapters_are_in_seconds(tmp_path: Path) -> None:
    marks = [ChapterMark(0, 0.5, "One"), ChapterMark(0.5, 1, "")]
    film(tmp_path / "film.mkv", chapters=marks)
    assert probe(tmp_path / "film.mkv").chapters == (Chapter(0, 0.5, "One"), Chapter(0.5, 1, None))


@pytest.mark.parametrize(
    ("name", "codec", "audio", "expected"),
    [
        ("film.mp4", "h264", "aac", "mp4"),
        ("film.mov", "h264", "aac", "mov"),
        ("film.webm", "vp9", "libopus", "matroska"),
        ("film.avi", "mpeg4", "libmp3lame", "avi"),
        ("film.ts", "mpeg2video", "ac3", "mpegts"),
        ("film.mpg", "mpeg2video", "mp2", "mpeg"),
        ("film.wmv", "msmpeg4v3", "wmav2", "asf"),
        ("film.flv", "flv", "aac", "flv"),
        ("film.ogv", "libvpx", "libopus", "ogg"),
    ],
)
def test_the_usual_containers_are_read(
    tmp_path: Path, name: str, codec: str, audio: str, expected: str
) -> None:
    film(tmp_path / name, codec=codec, audio=[AudioTrack(codec=audio)], subtitles=())
    found = probe(tmp_path / name)
    assert found.container == expected
    assert sorted(stream.kind for stream in found.streams) == ["audio", "video"]


def test_a_theme_is_a_file_of_one_audio_stream(tmp_path: Path) -> None:
    sound(tmp_path / "theme.mp3")
    assert [stream.codec for stream in probe(tmp_path / "theme.mp3").streams] == ["mp3"]


def test_the_content_tells_the_container_not_the_name(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "film.avi").write_bytes(plain.read_bytes())
    assert probe(tmp_path / "film.avi").container == "matroska"


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
def test_a_name_may_be_any_bytes(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"Caf\xe9 %s \n.mkv")
    path.write_bytes(plain.read_bytes())
    assert probe(path).streams


def test_a_missing_file_has_vanished(tmp_path: Path) -> None:
    assert reason(tmp_path / "film.mkv") == ProbeReason.VANISHED


def test_a_file_below_what_is_no_folder_any_more_has_vanished(plain: Path) -> None:
    assert reason(plain / "film.mkv") == ProbeReason.VANISHED


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "film.mkv").touch()
    assert reason(tmp_path / "film.mkv") == ProbeReason.EMPTY_FILE


@pytest.mark.parametrize("extension", ["iso", "IMG", "strm", "ifo"])
def test_disc_images_and_links_are_unsupported(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"film.{extension}"
    path.write_bytes(b"x" * 2048)
    assert reason(path) == ProbeReason.UNSUPPORTED


@pytest.mark.parametrize(
    "content", [b"words " * 1000, bytes(100_000), b"\x89PNG\r\n\x1a\n" + bytes(99), b"x"]
)
def test_what_no_demuxer_claims_is_not_media(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "film.mkv").write_bytes(content)
    assert reason(tmp_path / "film.mkv") == ProbeReason.NOT_MEDIA


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_file_cut_off_in_its_header_is_corrupt(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    film(path)
    path.write_bytes(path.read_bytes()[:400])
    assert reason(path) == ProbeReason.CORRUPT


def test_a_container_of_data_alone_has_no_streams(plain: Path, tmp_path: Path) -> None:
    film(tmp_path / "film.mkv", audio=(), subtitles=())
    content = (tmp_path / "film.mkv").read_bytes()
    track_type = b"\x83\x81"
    assert content.count(track_type + b"\x01") == 1
    (tmp_path / "film.mkv").write_bytes(content.replace(track_type + b"\x01", track_type + b"\x21"))
    assert reason(tmp_path / "film.mkv") == ProbeReason.NO_STREAMS


def test_a_file_without_permission_is_unreadable_in_the_systems_words(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ProbeError, match="Permission denied") as caught:
        probe(plain)
    assert caught.value.reason == ProbeReason.UNREADABLE


@pytest.mark.parametrize("reads", [0, 1])
def test_a_disk_that_fails_while_reading_makes_the_file_unreadable(
    plain: Path, monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    left = iter([plain.read_bytes()[:8]] * reads)

    def fail(*_: object) -> bytes:
        for data in left:
            return data
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(ProbeError, match=os.strerror(errno.EIO)) as caught:
        probe(plain)
    assert caught.value.reason == ProbeReason.UNREADABLE


def test_a_disk_that_fails_behind_the_header_makes_the_file_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mkv"
    pgs = SubtitleTrack(codec="hdmv_pgs_subtitle")  # whose size FFmpeg goes on to look for
    film(path, width=640, height=360, codec="mjpeg", subtitles=[pgs])
    read = os.read
    assert path.stat().st_size > 3 * 2**15

    def fail_later(descriptor: int, size: int) -> bytes:
        if os.lseek(descriptor, 0, os.SEEK_CUR) >= 2**16:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", fail_later)
    assert reason(path) == ProbeReason.UNREADABLE


def test_a_folder_is_not_media(tmp_path: Path) -> None:
    assert reason(tmp_path) == ProbeReason.NOT_MEDIA


@pytest.mark.timeout(10)
def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.mkv")
    assert reason(tmp_path / "film.mkv") == ProbeReason.NOT_MEDIA


@pytest.mark.timeout(10)
def test_a_file_that_becomes_a_fifo_is_opened_without_waiting(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, status = tmp_path / "film.mkv", plain.stat()
    os.mkfifo(path)
    monkeypatch.setattr(stat, "S_ISREG", lambda _: True)
    monkeypatch.setattr(Path, "stat", lambda _: status)
    assert reason(path) in {ProbeReason.NOT_MEDIA, ProbeReason.UNREADABLE}


def test_a_device_is_not_media() -> None:
    assert reason(Path("/dev/zero")) == ProbeReason.NOT_MEDIA


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile {other}\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{other}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n",
        SDP,
    ],
)
def test_a_playlist_opens_nothing_else(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playlist: str
) -> None:
    path = tmp_path / "film.mkv"
    path.write_text(playlist.format(other=plain))
    monkeypatch.chdir(plain.parent)
    assert reason(path) == ProbeReason.NOT_MEDIA


def test_no_protocol_is_open_even_to_a_format_that_is_allowed(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(container._OPTIONS, "format_whitelist", "concat,matroska,webm")
    path = tmp_path / "film.mkv"
    path.write_text(f"ffconcat version 1.0\nfile {plain.name}\n")
    monkeypatch.chdir(plain.parent)
    assert reason(path) in {ProbeReason.NOT_MEDIA, ProbeReason.CORRUPT}


def test_what_a_file_may_cost_is_bounded(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "READ_LIMIT", 500)
    with pytest.raises(ProbeError, match="bytes that may be read"):
        probe(plain)


def test_garbage_costs_no_more_than_twice_the_probe_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mkv"
    with path.open("wb") as file:
        file.truncate(2**30)
    sizes: list[int] = []
    read = os.read

    def counted(descriptor: int, size: int) -> bytes:
        data = read(descriptor, size)
        sizes.append(len(data))
        return data

    monkeypatch.setattr(os, "read", counted)
    assert reason(path) == ProbeReason.NOT_MEDIA
    assert sum(sizes) <= 2 * container.PROBE_SIZE + 2**17


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_no_descriptor_is_left_open(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.mkv").write_bytes(plain.read_bytes()[:300])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        probe(plain)
        reason(tmp_path / "cut.mkv")
        reason(tmp_path / "missing.mkv")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_ffmpeg_says_nothing_on_the_terminal(
    plain: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = plain.read_bytes()
    (tmp_path / "film.mkv").write_bytes(content[:2000] + bytes(500) + content[2500:])
    probe(tmp_path / "film.mkv")
    (tmp_path / "film.mkv").write_bytes(content[:300])
    reason(tmp_path / "film.mkv")
    assert capfd.readouterr() == ("", "")


def test_tags_that_are_not_utf_8_do_not_make_a_file_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    film(path, audio=[AudioTrack(title="Cafe")])
    path.write_bytes(path.read_bytes().replace(b"Cafe", b"Caf\xe9"))
    assert of_kind(probe(path), Kind.AUDIO)[0].title == "Caf\N{REPLACEMENT CHARACTER}"


def test_a_codec_without_a_decoder_is_unknown_and_still_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    film(path, codec="mpeg4", audio=(), subtitles=())
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"\xff\xfeP4"))
    assert [(s.kind, s.codec) for s in probe(path).streams] == [(Kind.VIDEO, "unknown")]


class OddlyTagged:
    """Stands for PyAV's stream: its tag cannot be got where the bytes are not ASCII."""

    @property
    def codec_context(self) -> Self:
        return self

    @property
    def codec_tag(self) -> str:
        return b"\xff\xfeP4".decode("ascii")


def test_a_codec_tag_that_is_not_ascii_is_no_dolby_vision() -> None:
    assert hdr._tag(cast("VideoStream", OddlyTagged())) not in hdr._DOLBY_VISION_TAGS


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), min_size=1, max_size=20)
)
def test_damage_to_a_header_is_a_probe_or_a_typed_error(
    plain: Path, tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(plain.read_bytes())
    for at, value in changes:
        content[at] = value
    path = tmp_path / "film.mkv"
    path.write_bytes(content)
    assert outcome(path)
