/** An event whose default can be prevented, as Electron hands them to listeners. */
export class StandInEvent {
  defaultPrevented = false

  preventDefault(): void {
    this.defaultPrevented = true
  }
}
