# After a restart: waits until Windows has finished with it. Its port and its logins answer well before that. Changes nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

# Winlogon makes the key at the end of each start (restart.ps1 removes it). Where it does not come, nothing shall hang.
$LogonSeconds = 180

Invoke-IngotScript -Body {
    param($Parameter)
    $bootTime = Get-IngotBootTime
    $result = @{ settled = $false; bootTime = $bootTime; servicing = Get-ServicingState; logonChecked = $false }
    # The connection came back, Windows has not gone down yet.
    if ($bootTime -eq [string](Get-IngotProperty -InputObject $Parameter -Name 'previousBootTime' -Default '')) { return $result }
    $seconds = [int](Get-IngotProperty -InputObject $Parameter -Name 'seconds' -Default 900)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $told = ''
    while ($true) {
        $result.servicing = Get-ServicingState
        $result.logonChecked = Test-Path -LiteralPath $IngotLogonChecked
        $waits = @()
        # 2: working. 1 waits for a further restart, which is for the caller to decide. TiWorker.exe says nothing.
        if ($result.servicing -eq 2) { $waits += 'servicing to be idle' }
        if (-not $result.logonChecked -and $clock.Elapsed.TotalSeconds -lt $LogonSeconds) { $waits += 'Winlogon' }
        if ($waits.Count -eq 0) { break }
        if ($clock.Elapsed.TotalSeconds -gt $seconds) { Stop-Ingot -Code 'guest.servicing-busy' -Message ('Expected Windows to be through with its start within {0} s, found it waiting for {1}.' -f $seconds, ($waits -join ' and ')) }
        $message = 'Windows has restarted; waiting for {0}' -f ($waits -join ' and ')
        if ($message -ne $told) { Write-IngotProgress -Message $message }
        $told = $message
        # The registry tells of changes to native programs only.
        Start-Sleep -Seconds 2
    }
    if (-not $result.logonChecked) { Write-IngotLog -Message 'Winlogon has not told that the start is over: going on' }
    $result.settled = $true
    $result
}
