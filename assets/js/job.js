const often = 1500
const seldom = 10000

/**
 * Follow a long job: ask for its state, move the bar, go to the result when it is done.
 * A failed answer is asked again, more seldom; the job itself runs on the server either way.
 */
export function followJob(element) {
  const bar = element.querySelector('progress')
  if (!bar) return
  const stage = element.querySelector('[data-job="stage"]')
  const percent = element.querySelector('[data-job="percent"]')

  const show = (job) => {
    bar.value = job.percent
    percent.textContent = `${job.percent}%`
    if (job.stage) stage.textContent = job.stage
  }

  const ask = async () => {
    let wait = often
    try {
      const reply = await fetch(element.dataset.url, {
        headers: { Accept: 'application/json' },
        credentials: 'same-origin'
      })
      if (!reply.ok) throw new Error(String(reply.status))
      const job = await reply.json()
      show(job)
      if (job.state === 'done') {
        const target = job.url || element.dataset.done
        if (target) window.location.assign(target)
        else window.location.reload()
        return
      }
      if (job.state === 'failed') {
        percent.textContent = element.dataset.failed
        stage.textContent = job.error || ''
        return
      }
    } catch {
      wait = seldom
    }
    window.setTimeout(ask, wait)
  }

  if (Number(bar.value) < 100) window.setTimeout(ask, often)
  else if (element.dataset.done) window.location.assign(element.dataset.done)
}
