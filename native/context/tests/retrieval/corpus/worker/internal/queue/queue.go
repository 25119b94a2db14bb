package queue

import (
	"context"
	"errors"
	"time"
)

// ErrClosed says that the queue takes no more jobs.
var ErrClosed = errors.New("queue is closed")

// Job is a piece of work that is done in the background.
type Job struct {
	ID       string
	Attempts int
	Run      func(context.Context) error
}

// Queue hands jobs to workers, and puts those that failed back for later.
type Queue struct {
	jobs   chan Job
	closed bool
}

// Push adds a job; it waits while the queue is full.
func (q *Queue) Push(job Job) error {
	if q.closed {
		return ErrClosed
	}
	q.jobs <- job
	return nil
}

// backoff is how long a failed job waits before its next attempt.
func backoff(attempts int) time.Duration {
	return time.Second << min(attempts, 10)
}

// Work runs jobs until the context ends.
func (q *Queue) Work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-q.jobs:
			if err := job.Run(ctx); err != nil {
				job.Attempts++
				time.AfterFunc(backoff(job.Attempts), func() { _ = q.Push(job) })
			}
		}
	}
}
