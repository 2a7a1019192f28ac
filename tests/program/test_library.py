"""The library serves one program, replaces it in one assignment, and keeps the earlier ones that calls still use."""

import gc
import threading
import weakref

from engine.program.library import VERSIONS_KEPT, Library, Versions, let_go, load_folder, load_sources


def program(number: int):
    return load_sources(
        {"f.yaml": f"steps: {{a: [{{say: '{number}'}}, {{branch: [{{when: 1 > 0, to: [{{say: x}}]}}]}}]}}"}
    ).program


class TestLibrary:
    def test_what_is_published_is_current_and_what_was_is_still_found(self):
        first, second = program(1), program(2)
        library = Library(first)
        library.publish(second)
        assert library.current is second
        assert library.find(first.version) is first
        assert library.find(second.version) is second
        assert library.find("00000000") is None

    def test_a_look_from_another_thread_finds_a_version_at_any_time_and_counts_as_no_use(self):
        looked_at, used = program(-1), program(-2)
        library = Library(looked_at)
        library.publish(used)
        stop, missed = threading.Event(), []

        def look():
            while not stop.is_set():
                missed.extend(one for one in (looked_at, used) if library.look(one.version) is not one)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            for number in range(VERSIONS_KEPT - 2):
                library.publish(program(number))
                for _ in range(1000):
                    library.find(used.version)
                    library.hold(looked_at)
        finally:
            stop.set()
            thread.join()
        assert missed == []
        for number in range(VERSIONS_KEPT):
            library.find(used.version)
            assert library.look(looked_at.version) in (looked_at, None)
            library.publish(program(number + 1000))
        assert (library.look(looked_at.version), library.look(used.version)) == (None, used)

    def test_a_version_that_calls_still_use_stays_however_many_are_published(self):
        used, unused = program(-1), program(-2)
        library = Library(used)
        library.publish(unused)
        for number in range(VERSIONS_KEPT * 2):
            library.publish(program(number))
            assert library.find(used.version) is used
        assert library.find(unused.version) is None

    def test_the_current_program_is_never_pushed_out(self):
        current = program(-1)
        library = Library(current)
        for number in range(VERSIONS_KEPT * 2):
            library.hold(program(number))
        assert library.current is current
        assert library.find(current.version) is current

    def test_the_pieces_of_a_program_that_has_to_go_are_let_go_of_one_by_one(self):
        first = program(-1)
        library = Library(first)
        steps = first.tracks("f", "a")
        pieces = [library.publish(program(number)) for number in range(VERSIONS_KEPT)]
        assert pieces[:-1] == [[]] * (VERSIONS_KEPT - 1)
        assert pieces[-1] == [first.flows["f"], steps]
        let_go(pieces[-1])
        assert pieces[-1] == []

    def test_versions_that_share_their_flows_stay_longer_than_those_that_share_none(self):
        def whole(number: int):
            return load_sources({f"f{one}.yaml": f"steps: {{a: [{{say: '{number}'}}]}}" for one in range(200)}).program

        library = Library(first := whole(1))
        library.publish(second := whole(2))
        library.publish(third := whole(3))
        assert library.find(first.version) is first
        library.publish(whole(4))  # of 800 flows in all there may be 656
        assert [library.find(one.version) for one in (second, third, first)] == [None, third, first]

        texts = {f"f{one}.yaml": "steps: {a: [{say: hi}]}" for one in range(200)}
        versions = Versions()
        library = Library(begun := versions.load(texts))
        for number in range(VERSIONS_KEPT - 1):
            texts = {**texts, "f0.yaml": f"steps: {{a: [{{say: '{number}'}}]}}"}
            library.publish(versions.load(texts))
        assert library.find(begun.version) is begun

        # Flows that nobody shares push them out, some at a time: to drop all at once would hold up every call.
        for number in range(3):
            last = versions.load(dict.fromkeys(texts, f"steps: {{a: [{{say: 'all {number}'}}]}}"))
            pieces = library.publish(last)
        rounds = 0
        while pieces:
            let_go(pieces)
            pieces, rounds = library.trim(), rounds + 1
        assert rounds > 2
        assert library.find(begun.version) is None
        assert library.find(last.version) is library.current is last

    def test_an_edit_that_is_undone_is_the_earlier_version_again(self):
        first = program(1)
        library = Library(first)
        library.publish(program(2))
        library.publish(program(1))
        assert library.current.version == first.version

    def test_a_program_that_is_no_longer_held_is_freed(self):
        library = Library(program(-1))
        old = load_sources({"f.yaml": "steps: {a: [{gather: {num_digits: 1, branch: {1: [{say: x}]}}}]}"}).program
        gone = weakref.ref(old.tracks("f", "a").first.operations[0].asking)
        library.publish(old)
        del old
        for number in range(VERSIONS_KEPT + 1):
            library.publish(program(number))
        gc.collect()
        assert gone() is None


class TestLoading:
    def test_a_folder_with_mistakes_gives_findings_and_no_program(self, tmp_path):
        (tmp_path / "f.yaml").write_text("steps: {a: [{redirect: nowhere}]}")
        loaded = load_folder(tmp_path)
        assert loaded.program is None
        assert loaded.report.errors

    def test_a_folder_that_is_not_there_is_a_finding(self, tmp_path):
        loaded = load_folder(tmp_path / "none")
        assert loaded.program is None
        assert loaded.report.errors

    def test_collection_is_as_it_was_after_loading(self, tmp_path):
        (tmp_path / "f.yaml").write_text("steps: {a: [{say: x}]}")
        load_folder(tmp_path)
        assert gc.isenabled()
        gc.disable()
        try:
            load_folder(tmp_path)
            assert not gc.isenabled()
        finally:
            gc.enable()

    def test_a_version_kept_as_text_is_the_same_version(self, tmp_path):
        (tmp_path / "f.yaml").write_text("steps: {a: [{say: Grüße.}]}", encoding="utf-8")
        (tmp_path / "_project.yaml").write_text("defaults: {say: {language: de-DE}}")
        made = load_folder(tmp_path).program
        again = load_sources(made.sources).program
        assert again.version == made.version
        assert again.flows.keys() == made.flows.keys()

    def test_a_catalogue_counts_to_the_version_and_is_kept_with_it(self, tmp_path):
        (tmp_path / "f.yaml").write_text(
            "languages: {es: {language: es-US}, en: {}}\nsteps: {a: [{say: {es: Hola, en: Hi}}, {say: Adiós}]}"
        )
        bare = load_folder(tmp_path).program
        (tmp_path / "_en.po").write_text('msgid "Adiós"\nmsgstr "Bye"\n', encoding="utf-8")
        made = load_folder(tmp_path).program
        again = load_sources(made.sources).program
        assert bare.version != made.version == again.version
        assert {name: len(flow.texts) for name, flow in again.flows.items()} == {"f": 2}
        assert [sorted(text.known) for text in again.flows["f"].texts] == [["en", "es"], ["en", "es"]]
