"""Why an effect came to nothing."""


class Failure(Exception):
    """Something that kept a request from being answered.

    `problem` is one sentence without a secret; `again` says whether another try may go better; `answer` is "timeout" or "error".
    """

    def __init__(self, problem: str, *, again: bool = False, answer: str = "error") -> None:
        super().__init__(problem)
        self.problem, self.again, self.answer = problem, again, answer
