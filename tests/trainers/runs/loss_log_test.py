"""A run that was resumed has the log of one that was not."""

from trainers.runs import loss_log


def test_a_resumed_log_goes_on_in_the_same_numbers(tmp_path):
    path = tmp_path / "losses.csv"
    for done, epochs in ((0, (0, 1)), (10, (1, 2))):  # the second row is of a step that was lost
        log = loss_log.LossCsvLogger(path, lambda epoch: 10 * (epoch + 1), done)
        log.on_train_begin()
        for epoch in epochs:
            log.on_epoch_end(epoch, {"generator_loss": 0.5})
    lines = path.read_text().splitlines()
    assert lines[0] == "step,seconds,generator_loss"
    assert [line.split(",")[::2] for line in lines[1:]] == [
        ["10", "0.5"],
        ["20", "0.5"],
        ["30", "0.5"],
    ]
