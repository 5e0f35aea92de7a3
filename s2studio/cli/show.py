"""What the commands print for people: tables and one-line findings, every number with its unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from s2studio.chip.spec import ChipSpec
from s2studio.cli.tables import new_console as _console
from s2studio.cli.tables import print_table as _table
from s2studio.sim.energy import PowerCheck, spent_on
from s2studio.units import estimated, interval, said, with_unit

if TYPE_CHECKING:
    from s2studio.snn.evidence import EvidenceTable

Json = Mapping[str, Any]

# Slices that would move on the board, of which so many are listed.
MOVED = 8
BARS = " ▁▂▃▄▅▆▇█"


def show_network(about: Json) -> None:
    """Print what `info` found."""
    console = _console()
    console.print(Text(about["name"], style="bold"), f"{about['parameters']:,} weights and biases", sep="   ")
    _table(
        console,
        "Populations",
        ("name", "model", ">neurons", "stands on"),
        [(row["name"], row["model"], f"{row['size']:,}", _basis(row["evidence"])) for row in about["populations"]],
    )
    _table(
        console,
        "Projections",
        ("from", "to", "kind", ">weights"),
        [(row["pre"], row["post"], row["kind"], f"{row['weights']:,}") for row in about["projections"]],
    )
    _lowering(console, about)
    for repair in about["repairs"]:
        console.print(f"repaired: {repair['node']}: {repair['action']}")
    for node in about["unsupported"]:
        text = f"not covered: node '{node['node']}' ({node['type_name']}): {node['reason']}; {node['remedy']}"
        console.print(Text(text, style="red"))
    _warnings(console, about)
    _assumed(console, about)
    _verdict(console, about)


def _basis(evidence: Json) -> str:
    """Return what a population stands on, and which features make it less than a recording."""
    basis = str(evidence["stands_on"])
    weak = [key for key, stands_on in evidence["features"].items() if stands_on == basis]
    return basis if basis == "recording" else f"{basis} ({', '.join(weak)})"


def show_evidence(table: EvidenceTable) -> None:
    """Print what stands behind each feature."""
    console = _console()
    for title, rows in (("Of a network", table.features), ("Of the chip", table.chip)):
        _table(
            console,
            title,
            ("feature", "stands on", "source", "note"),
            [(row.title, row.stands_on, row.source, row.note) for row in rows.values()],
        )
    for name, text in table.sources.items():
        console.print(f"{name}: {text}", markup=False)


def _lowering(console: Console, about: Json) -> None:
    _table(
        console,
        "Integer weights",
        ("name", ">scale", ">largest |w|", ">as integer", ">clipped", ">signal to noise", ">silent", ">saturated"),
        [
            (
                row["name"],
                f"{row['scale']:.4g}",
                f"{row['largest_weight']:.4g}",
                f"{row['largest_integer']}",
                f"{row['clipped_share']:.2%}",
                "exact" if row["snr_db"] is None else f"{row['snr_db']:.1f} dB",
                f"{row['silent_units']:,}",
                f"{row['saturated_units']:,}",
            )
            for row in about["lowering"]
        ],
    )


def _warnings(console: Console, about: Json) -> None:
    for warning in about["warnings"]:
        console.print(Text(f"warning      {warning}", style="yellow"))


def _verdict(console: Console, about: Json) -> None:
    if about["fits"] is None:
        console.print("cannot tell whether it fits before every node is covered")
    elif about["fits"]:
        console.print(Text(f"fits: {about['pes_needed']} of {about['pes_available']} PEs", style="bold green"))
    else:
        needed = f"{about['pes_needed']:,}" if about["pes_needed"] else "more"
        console.print(Text(f"does not fit: {needed} of {about['pes_available']:,} PEs needed", style="bold red"))
        for row in about["violations"]:
            console.print(
                f"  {row['population'] or ''} {row['pe'] or ''} {row['region']}: {row['bytes']:,} needed, "
                f"{row['free']:,} free; {row['remedy']}",
            )


def show_mapping(about: Json, saved: Path | None) -> None:
    """Print what `map` found: one row per population, the fullest PE of each."""
    console = _console()
    rows = []
    for name in dict.fromkeys(piece["population"] for piece in about["slices"]):
        pieces = [piece for piece in about["slices"] if piece["population"] == name]
        fullest = max(pieces, key=lambda piece: sum(piece["bytes"].values()))
        rows.append(
            (
                name,
                f"{pieces[-1]['stop']:,}",
                f"{len(pieces)}",
                f"{max(piece['stop'] - piece['start'] for piece in pieces)}",
                f"{sum(fullest['bytes'].values()):,} B on {fullest['pe']}",
                f"{pieces[0]['pe']} … {pieces[-1]['pe']}" if len(pieces) > 1 else pieces[0]["pe"],
            )
        )
    _table(console, "Slices", ("population", ">neurons", ">PEs", ">per PE", "fullest (estimate)", "on"), rows)
    console.print(f"chip         {_chip(about)}")
    console.print(f"PEs          {about['pes_used']} of {about['pes_available']}")
    console.print(f"routing      {about['routing']}, {about['routing_entries']:,} router entries")
    console.print(
        f"traffic      if every neuron spikes once: {about['weighted_hops']:,} flit-hops, "
        f"busiest link {about['max_link_load']:,} flits"
    )
    console.print(_board(about["board"]))
    for row in about["board"]["moved"][:MOVED]:
        there = row["board_pe"] or "no PE"
        console.print(f"             {row['slice']} on {row['pe']}, on the board on {there}")
    if len(about["board"]["moved"]) > MOVED:
        console.print(f"             and {len(about['board']['moved']) - MOVED:,} more slices")
    _assumed(console, about)
    if saved is not None:
        console.print(f"saved        {saved}")


def show_run(summary: Json) -> None:
    """Print what a run found: one screen."""
    console = _console()
    _table(
        console,
        "Populations",
        ("name", ">neurons", ">spikes", ">rate per tick", ">PEs"),
        [
            (
                row["name"],
                f"{row['size']:,}",
                f"{row['spikes']:,}",
                f"{row['spikes'] / (row['size'] * summary['steps']):.4f}",
                str(row["pes"]),
            )
            for row in summary["populations"]
        ],
    )
    for name, spikes in summary["outputs"].items():
        if len(spikes) <= 32:
            console.print(f"output {name}: spikes per neuron {spikes}")
    tick, late = summary["tick_s"], summary["late_ticks"]
    console.print(f"chip         {_chip(summary)}, {summary['pes_used']} PEs, level {summary['level']}")
    console.print(
        f"ran          {summary['steps']:,} ticks of {with_unit(tick, 's')}: {summary['packets']:,} packets, "
        f"{summary['synaptic_events']:,} synaptic events, {summary['neuron_updates']:,} neuron updates"
    )
    if summary["board"] is not None:
        console.print(_board(summary["board"]))
    console.print(
        Text(
            f"deadline     slowest PE done after {_longest(summary)}; smallest safe tick "
            f"{with_unit(summary['smallest_safe_tick_s'], 's')}; {_late(summary)}   (estimate)",
            style="red" if late else "",
        )
    )
    console.print(f"energy       {_total(summary)}, {said(summary, 'energy_dynamic_j')} above idle   (estimate)")
    mean, peak = said(summary, "power_mean_w"), said(summary, "power_peak_w")
    console.print(f"power        mean {mean}, highest tick {peak}   (estimate)")
    _table(console, "", ("energy   (estimate)", ">value", ">both ends"), _energy_rows(summary))
    _warnings(console, summary)
    console.print(f"session      {summary['session']}")


def _energy_rows(summary: Json) -> list[tuple[str, ...]]:
    low, high = summary["energy_kinds_low_j"], summary["energy_kinds_high_j"]
    return [
        (kind.replace("_", " "), with_unit(summary["energy_j"][kind], "J"), interval(low[kind], high[kind], "J"))
        for kind in spent_on(summary["energy_j"])
    ]


def _longest(summary: Json) -> str:
    value, low, high = (summary[f"time_done_{end}_s"] for end in ("max", "low", "pessimistic"))
    return estimated(value, low, high, "s")


def _late(summary: Json) -> str:
    late, most = summary["late_ticks"], summary["late_ticks_pessimistic"]
    return f"late ticks {late:,}" + (f", up to {most:,} by the costs" if most > late else "")


def _total(summary: Json) -> str:
    """Return the energy of a run with both ends."""
    return estimated(summary["energy_j"]["total"], summary["energy_low_j"], summary["energy_high_j"], "J")


def show_runs(summaries: Sequence[Json]) -> None:
    """Print a row for each run of a session, and what they warn of, once."""
    console = _console()
    if not summaries:
        console.print("no network was run, so there is no session")
        return
    rows = [
        (
            str(summary["run"]),
            summary["network"],
            f"{summary['steps']:,}",
            f"{sum(row['spikes'] for row in summary['populations']):,}",
            f"{summary['synaptic_events']:,}",
            f"{summary['late_ticks']:,}",
            with_unit(summary["smallest_safe_tick_s"], "s"),
            _total(summary),
            summary["level"],
        )
        for summary in summaries
    ]
    heads = ("run", "network", ">ticks", ">spikes", ">events", ">late", ">safe tick", ">energy", "level")
    _table(console, "Runs (times and energies are estimates)", heads, rows)
    for warning in dict.fromkeys(warning for summary in summaries for warning in summary["warnings"]):
        console.print(Text(f"warning      {warning}", style="yellow"))
    console.print(f"session      {summaries[0]['session']}", markup=False)


def show_stimulus(about: Json) -> None:
    """Print what is in a stimulus file; the rate over time as a row of bars."""
    console = _console()
    if about["kind"] == "steps":
        console.print(
            f"{about['spikes']:,} spikes in {about['steps']:,} steps, highest neuron {about['highest_neuron']}"
        )
        rows = [(name, f"{spikes:,}") for name, spikes in about["populations"].items()]
        _table(console, "Populations", ("name", ">spikes"), rows)
        return
    off = about["events"] - about["on"]
    console.print(
        f"events       {about['events']:,} ({about['on']:,} on, {off:,} off) of {about['events_in_file']:,} in the file"
    )
    duration = with_unit(about["duration_s"], "s")
    console.print(f"lasts        {duration}, pixels up to {about['width']} x {about['height']}")
    most = max(about["rate_hz"])
    bars = "".join(BARS[round(rate / most * (len(BARS) - 1))] for rate in about["rate_hz"])
    span = with_unit(about["span_s"], "s")
    console.print(f"rate         {bars}  up to {with_unit(most, 'Hz')}, a bar for each {span}")
    if about["binned"] is None:
        console.print("binned       say --bin, for example --bin 1e-3")
    else:
        shape = " x ".join(map(str, about["binned"]["shape"]))
        console.print(
            f"binned       {about['binned']['spikes']:,} spikes in {about['binned']['steps']:,} steps of "
            f"{with_unit(about['binned']['bin_s'], 's')}, input {shape}"
        )


def show_evaluation(summary: Json) -> None:
    """Print what a data set gave: accuracy, confusion matrix, costs per sample."""
    console = _console()
    if summary["accuracy"] is not None:
        outputs = range(len(summary["confusion"][0]))
        _table(
            console,
            "Labels (rows) and predictions (columns)",
            ("", *(f">{output}" for output in outputs)),
            [(str(label), *map(str, row)) for label, row in enumerate(summary["confusion"])],
        )
        accuracy = f"{summary['accuracy']:.2%}, {summary['right']:,} of {summary['labelled']:,}"
        console.print(Text(f"accuracy     {accuracy}", style="bold"))
    console.print(f"samples      {summary['samples']:,}, {summary['undecided']:,} without an output spike")
    console.print(f"chip         {_chip(summary)}, {summary['pes_used']} PEs, level {summary['level']}")
    for name, title, unit, mark in (
        ("energy_j", "energy", "J", "   (estimate)"),
        ("energy_dynamic_j", "above idle", "J", "   (estimate)"),
        ("latency_s", "first spike", "s", ""),
    ):
        spread = {key: with_unit(value, unit) for key, value in summary[name].items()}
        console.print(
            f"{title:12} {spread['mean']} per sample, standard deviation {spread['standard_deviation']}, "
            f"{spread['least']} to {spread['most']}{mark}"
        )
    band = interval(summary["energy_low_j"]["mean"], summary["energy_high_j"]["mean"], "J")
    above = interval(summary["energy_dynamic_low_j"]["mean"], summary["energy_dynamic_high_j"]["mean"], "J")
    console.print(f"error band   the mean energy is {band} at the ends of the costs, {above} above idle")
    console.print(
        f"deadline     slowest PE done after {_longest(summary)}; smallest safe tick "
        f"{with_unit(summary['smallest_safe_tick_s'], 's')}   (estimate)"
    )
    if summary["late_ticks"]:
        from s2studio.sim.engine import LOCKSTEP

        if summary["engine"] == LOCKSTEP:
            meaning = "spikes are as if in time, on the chip they can differ (see --engine per_pe)"
        else:
            meaning = "spikes are those of a chip on which PEs are so late"
        console.print(Text(f"late ticks   {summary['late_ticks']:,}: {meaning}", style="red"))


def show_lowering(about: Json) -> None:
    """Print what lowering did to the weights, and float against chip where there was a stimulus."""
    console = _console()
    _lowering(console, about)
    for row in about["delays"]:
        lost = "no error" if row["lost_db"] is None else f"{row['lost_db']:.1f} dB lost"
        console.print(f"delays       '{row['population']}' has 4-bit weights for them: {lost}", markup=False)
    _warnings(console, about)
    _assumed(console, about)
    found = about["comparison"]
    if found is None:
        console.print("float against chip needs a stimulus: --input FILE or --data FOLDER")
        return
    _layers(console, found)
    _first_differences(console, found)
    for row in found["voltages"]:
        console.print(
            f"voltage      '{row['name']}': up to {row['largest_difference']:.3g} apart, where v reaches "
            f"{row['largest_v_float']:.3g} in float",
            markup=False,
        )
    _warnings(console, found)
    _answers(console, found)


def _layers(console: Console, found: Json) -> None:
    _table(
        console,
        "Float against chip ('alone': the layer on the chip, hearing the float network's spikes)",
        ("name", ">float", ">chip", ">alone", ">rate", ">on chip", ">differ", ">own", ">silent", ">on chip", "causes"),
        [
            (
                row["name"],
                *(f"{row['spikes'][side]:,}" if side in row["spikes"] else "" for side in ("float", "chip", "alone")),
                *(f"{row['rate_per_tick'][side]:.4f}" for side in ("float", "chip")),
                f"{row['differing_spikes']:,}",
                f"{row['own_differing_spikes']:,}",
                *(f"{row['silent_neurons'][side]:,}" for side in ("float", "chip")),
                ", ".join(f"{cause} {count:,}" for cause, count in row["causes"].items()),
            )
            for row in found["populations"]
        ],
    )


def _first_differences(console: Console, found: Json) -> None:
    rows = [(row["name"], row["first_difference"]) for row in found["populations"] if row["first_difference"]]
    _table(
        console,
        "First difference of each layer",
        ("name", "sample", ">tick", ">neuron", "spikes", ">v float", ">v chip", ">threshold", "cause", "synapse"),
        [
            (
                name,
                first["sample"],
                f"{first['tick']:,}",
                f"{first['neuron']:,}",
                "in float" if first["spiked_in_float"] else "on chip",
                f"{first['v_float']:.6g}",
                f"{first['v_chip']:.6g}",
                f"{first['threshold']:.6g}",
                first["cause"],
                _synapse(first["synapse"]),
            )
            for name, first in rows
        ],
    )


def _synapse(found: Json | None) -> str:
    if found is None:
        return ""
    through = f" through {found['layer']}" if found["layer"] else ""
    weight = f"w {found['weight']:.4g}, {found['scaled']:.2f} became {found['integer']}"
    return f"{found['pre']}[{found['neuron']}]{through}: {weight}, {found['contribution']:+.3g} of v"


def _answers(console: Console, found: Json) -> None:
    console.print(f"samples      {found['samples']:,}, {found['ticks']:,} ticks")
    answers = found["answers"]
    if answers is None:
        return
    samples = found["samples"]
    console.print(
        f"answer       of '{found['output']}' the same for {answers['same_answer']:,} of {samples:,}, "
        f"with equal spikes of every output for {answers['same_output_spikes']:,}",
        markup=False,
    )
    if answers["accuracy"] is not None:
        sides = (
            f"{side} {answers['accuracy'][side]:.2%}, {answers['right'][side]:,} of {answers['labelled']:,}"
            for side in ("float", "chip")
        )
        console.print(Text(f"accuracy     {'; '.join(sides)}", style="bold"))


def show_sweep(summary: Json, table: Path) -> None:
    """Print the combinations that no other beats, and why others were refused."""
    console = _console()
    aims = list(summary["objectives"])
    best = [row for row in summary["rows"] if row["pareto"]]
    _table(
        console,
        f"Pareto front: most {aims[0].replace('_', ' ')}, least energy, PEs and tick"
        if summary["objectives"][aims[0]] == "most"
        else "Pareto front: least energy, PEs and tick",
        (
            *summary["over"],
            ">accuracy",
            ">same answer",
            ">overlap",
            ">energy (estimates)",
            ">PEs",
            ">safe tick (estimate)",
            ">first spike",
        ),
        [(*row["settings"].values(), *_measured(row)) for row in sorted(best, key=lambda row: row["energy_j"])],
    )
    reasons = dict.fromkeys(row["reason"] for row in summary["rows"] if row["reason"])
    for reason in reasons:
        refused = [row["settings"] for row in summary["rows"] if row["reason"] == reason]
        settings = " ".join(f"{name}={value}" for name, value in refused[0].items())
        more = f" and {len(refused) - 1:,} more" if len(refused) > 1 else ""
        console.print(Text(f"refused      {settings}{more}: {reason}", style="red"))
    earlier = summary["points"] - summary["run"]
    console.print(
        f"combinations {summary['points']:,}: {len(best):,} on the front, {summary['refused']:,} refused, "
        f"{earlier:,} from an earlier run"
    )
    console.print(f"table        {table}", markup=False)


def _measured(row: Json) -> list[str]:
    shares = ["" if row[name] is None else f"{row[name]:.2%}" for name in ("accuracy", "same_answer", "output_overlap")]
    safe, first = (with_unit(row[name], "s") for name in ("smallest_safe_tick_s", "latency_s"))
    energy = estimated(row["energy_j"], row["energy_low_j"], row["energy_high_j"], "J")
    return [*shares, energy, f"{row['pes_used']:,}", safe, first]


def show_demo(run: Json, evaluation: Json) -> None:
    """Print what the sample found: the data set, then where the session of its first recording lies."""
    show_evaluation(evaluation)
    console = _console()
    console.print(f"session      {run['session']}")


def show_chip(spec: ChipSpec, checks: Sequence[PowerCheck]) -> None:
    """Print every number of the chip with its source, and the power model beside the measurements."""
    console = _console()
    console.print(Text(spec.title, style="bold"), Text(spec.label, style="bold red" if not spec.is_spinnaker2 else ""))
    _table(
        console,
        "Quantities",
        ("quantity", "value", "range", "unit", "mark", "source"),
        [
            (quantity.key, _value(quantity.value), quantity.range_text, quantity.unit, quantity.mark, quantity.source)
            for quantity in spec.quantities.values()
        ],
    )
    _table(
        console,
        "Power of the chip with all PEs in one state",
        ("state of all PEs", "level", ">model", ">measured"),
        [
            (check.state, check.level or "", f"{check.model_w * 1e3:,.1f} mW", f"{check.measured_w * 1e3:,.1f} mW")
            for check in checks
        ],
    )
    console.print("The measured powers are inputs of the model: that both agree proves the code, not the model.")


def _value(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _chip(about: Json) -> str:
    label = about.get("chip_label")
    return f"{about['chip']} ({label})" if label else str(about["chip"])


def _board(board: Json) -> str:
    """Return in words whether the board can reproduce the mapping."""
    if board["expressible"]:
        return "board        board-expressible: the order of net.add and neurons per PE reproduce this placement"
    return f"board        simulation only: {'; '.join(board['reasons'])}"


def _assumed(console: Console, about: Json) -> None:
    for note in about["assumed"]:
        console.print(Text(f"assumed: {note}", style="dim"))
