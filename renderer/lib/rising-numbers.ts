/** Numbers that only ever rise, kept close together: a million of them are four megabytes outside of the heap. */
export class RisingNumbers {
  #values = new Uint32Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  at(place: number): number | undefined {
    return place >= 0 && place < this.#length ? this.#values[place] : undefined
  }

  add(values: readonly number[]): void {
    if (this.#length + values.length > this.#values.length) {
      const larger = new Uint32Array((this.#length + values.length) * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values.set(values, this.#length)
    this.#length += values.length
  }

  /** How many are smaller: the place where this number stands or would stand. */
  placeOf(value: number): number {
    let [low, high] = [0, this.#length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#values[middle] ?? 0) < value) low = middle + 1
      else high = middle
    }
    return low
  }

  has(value: number): boolean {
    return this.at(this.placeOf(value)) === value
  }

  /** The next after `from`, or before it, round the end; undefined where there are none. */
  next(from: number, step: 1 | -1): number | undefined {
    if (step === 1) return this.at(this.placeOf(from + 1)) ?? this.at(0)
    return this.at(this.placeOf(Math.max(0, from)) - 1) ?? this.at(this.#length - 1)
  }
}
