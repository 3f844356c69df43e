"""The queue under random use by several workers and holders, against a model in memory."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.contracts.house import LEASE, House, at, holder, new_result

from standpipe.core.executions import Claim, ExecutionState, HeartbeatAnswer, Progress, Submission

S = ExecutionState
WORKERS = st.sampled_from(["w1", "w2", "w3"])
HOLDERS = st.integers(1, 3)
FINGERPRINTS = st.sampled_from(["f", "g"])
MAX_ATTEMPTS = 2


Held = tuple[int, int]  # holder and query


@dataclass
class Run:
    """What the model knows of one execution."""

    id: int
    fingerprint: str
    priority: int
    state: ExecutionState = S.QUEUED
    attempt: int = 0
    given_back: int = 0
    worker: str = ""
    lease_until: float = 0.0
    query: int = 0
    name: str = "all"  # under which it is joined: by "all", by its "own" query, by nobody: ""
    stops: bool = False
    held: dict[Held, Submission] = field(default_factory=dict)  # live submissions


class Queue(RuleBasedStateMachine):
    """Each rule does one step in the store and in the model and compares what both say."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House(Path(tempfile.mkdtemp()))
        self.store = self.house.store
        self.now = 0.0
        self.runs: dict[int, Run] = {}
        self.claims: list[tuple[Claim, int]] = []
        self.submissions: list[tuple[Submission, Held]] = []
        self.finished_attempts: set[int] = set()

    def teardown(self) -> None:
        self.house.close(remove=True)

    def joinable(
        self, fingerprint: str, joins_running: bool, query: int, joins_others: bool
    ) -> Run | None:
        same = [run for run in self.runs.values() if run.fingerprint == fingerprint]
        names = ("all",)
        if not joins_others:
            same = [run for run in same if run.query == query]
            names += ("own",)
        queued = [run for run in same if run.state is S.QUEUED and run.name in names]
        if queued:
            return queued[0]
        running = [run for run in same if run.state is S.RUNNING and not run.stops]
        return running[-1] if running and joins_running else None

    @rule(
        fingerprint=FINGERPRINTS,
        user=HOLDERS,
        joins_running=st.booleans(),
        priority=st.integers(0, 1),
        query=st.integers(1, 2),
        joins_others=st.booleans(),
    )
    def enqueue(
        self,
        fingerprint: str,
        user: int,
        joins_running: bool,
        priority: int,
        query: int,
        joins_others: bool,
    ) -> None:
        request = self.house.request(
            fingerprint,
            joins_running=joins_running,
            priority=priority,
            query_id=query,
            joins_others=joins_others,
        )
        got = self.store.enqueue(request, holder(user), at(self.now))
        run = self.joinable(fingerprint, joins_running, query, joins_others)
        held = (user, query)
        if run is None:
            assert got.execution.id not in self.runs
            name = "own" if self.is_taken(fingerprint) else "all"
            run = Run(got.execution.id, fingerprint, priority, query=query, name=name)
            self.runs[run.id] = run
        elif run.state is S.QUEUED:
            run.priority = max(run.priority, priority)
        assert got.execution.id == run.id
        if held in run.held:
            assert got.uid == run.held[held].uid
        else:
            assert got.uid not in {known.uid for known, _ in self.submissions}
            run.held[held] = got
            self.submissions.append((got, held))

    def is_taken(self, fingerprint: str) -> bool:
        """Whether a run that all may join waits."""
        return any(
            run.fingerprint == fingerprint and run.name == "all" and run.state is S.QUEUED
            for run in self.runs.values()
        )

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        waiting = [run for run in self.runs.values() if run.state is S.QUEUED]
        claim = self.store.claim(worker, at(self.now), LEASE)
        if claim is None:
            assert not waiting
            return
        run = min(waiting, key=lambda run: (-run.priority, run.id))
        run.state, run.worker, run.name = S.RUNNING, worker, ""
        run.attempt += 1
        run.lease_until = self.now + LEASE
        assert (claim.execution.id, claim.execution.attempt) == (run.id, run.attempt)
        self.claims.append((claim, run.attempt))

    def is_valid(self, claim: Claim, attempt: int) -> bool:
        run = self.runs[claim.execution.id]
        return run.state is S.RUNNING and run.attempt == attempt

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def heartbeat(self, data: st.DataObject) -> None:
        claim, attempt = data.draw(st.sampled_from(self.claims))
        answer = self.store.heartbeat(claim, at(self.now), LEASE, Progress(rows=1))
        run = self.runs[claim.execution.id]
        if not self.is_valid(claim, attempt):
            assert answer is HeartbeatAnswer.LOST
        else:
            assert answer is (HeartbeatAnswer.CANCEL if run.stops else HeartbeatAnswer.GO_ON)
            run.lease_until = self.now + LEASE

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), state=st.sampled_from([S.SUCCEEDED, S.FAILED, S.CANCELLED]))
    def finish(self, data: st.DataObject, state: ExecutionState) -> None:
        claim, attempt = data.draw(st.sampled_from(self.claims))
        result = new_result() if state is S.SUCCEEDED else None
        done = self.store.finish(claim, at(self.now), state, result=result)
        if not self.is_valid(claim, attempt):
            assert done is None
            return
        assert done is not None
        assert done.state is state
        assert claim.execution.id not in self.finished_attempts
        self.finished_attempts.add(claim.execution.id)
        self.runs[claim.execution.id].state = state

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        claim, attempt = data.draw(st.sampled_from(self.claims))
        is_valid = self.is_valid(claim, attempt)
        back = self.store.give_back(claim, at(self.now))
        assert (back is not None) == is_valid
        if is_valid:
            run = self.runs[claim.execution.id]
            run.given_back += 1
            self.lose(run)

    @precondition(lambda self: self.submissions)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        submission, holding = data.draw(st.sampled_from(self.submissions))
        self.store.cancel_submission(submission.uid, at(self.now))
        run = self.runs[submission.execution.id]
        held = run.held.get(holding)
        if run.state.is_final or held is None or held.uid != submission.uid:
            return
        del run.held[holding]
        if not run.held:
            run.stops = True
            if run.state is S.QUEUED:
                run.state, run.name = S.CANCELLED, ""

    @rule(seconds=st.sampled_from([1.0, LEASE / 2, LEASE]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(worker=st.none() | WORKERS)
    def recover(self, worker: str | None) -> None:
        changed = self.store.recover(at(self.now), max_attempts=MAX_ATTEMPTS, worker=worker)
        running = [run for run in self.runs.values() if run.state is S.RUNNING]
        if worker is None:
            lost = [run for run in running if run.lease_until <= self.now]
        else:
            lost = [run for run in running if run.worker == worker]
        assert [execution.id for execution in changed] == sorted(run.id for run in lost)
        for run in sorted(lost, key=lambda run: run.id):
            self.lose(run)
        assert all(execution.state is self.runs[execution.id].state for execution in changed)

    def lose(self, run: Run) -> None:
        if run.stops:
            run.state = S.CANCELLED
        elif run.attempt - run.given_back >= MAX_ATTEMPTS:
            run.state = S.FAILED
        else:
            name = "" if self.is_taken(run.fingerprint) else "all"
            run.state, run.name = S.QUEUED, name

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every execution is where the model says, and the counts agree."""
        for run in self.runs.values():
            stored = self.store.get_execution(run.id)
            assert (stored.state, stored.attempt) == (run.state, run.attempt)
            assert stored.is_cancel_requested == run.stops
            assert (stored.finished_at is not None) == run.state.is_final
        counts = self.store.count_states()
        for state in (S.QUEUED, S.RUNNING):
            assert counts[state] == sum(run.state is state for run in self.runs.values())


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
