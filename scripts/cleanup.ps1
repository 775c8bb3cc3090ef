# Removes what an image need not carry: temporary files, caches, dumps, superseded components. Then trims the disk.
# Kept: the logs of Setup (Panther), CBS.log, DISM's log: they tell how the image came about.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-servicing.ps1')

# What DISM ends with while servicing waits for a restart (CBS_E_PENDING).
$Pending = '0x800f0806'

# Folders and the names in them that go. Others that a program holds open stay.
function Get-CleanupPlace {
    [CmdletBinding()]
    param()
    $windows = [string]$env:SystemRoot
    $reports = Join-Path -Path $env:ProgramData -ChildPath 'Microsoft\Windows\WER'
    @{ folder = "$windows\Temp"; filter = '*' }
    # Whoever runs this: all profiles.
    foreach ($userProfile in @(Get-CimInstance -ClassName Win32_UserProfile -Filter 'Special = FALSE')) {
        # A profile that was half removed has no folder.
        if ([string]$userProfile.LocalPath -eq '') { continue }
        @{ folder = (Join-Path -Path $userProfile.LocalPath -ChildPath 'AppData\Local\Temp'); filter = '*' }
    }
    @{ folder = "$windows\SoftwareDistribution\Download"; filter = '*' }
    # Set aside where its data store was broken (lib-updates.ps1).
    @{ folder = "$windows\SoftwareDistribution.old"; filter = '*' }
    @{ folder = "$windows\ServiceProfiles\NetworkService\AppData\Local\Microsoft\Windows\DeliveryOptimization\Cache"; filter = '*' }
    @{ folder = "$windows\Logs\CBS"; filter = 'CbsPersist_*' }
    @{ folder = "$windows\Minidump"; filter = '*' }
    @{ folder = "$windows\LiveKernelReports"; filter = '*.dmp' }
    @{ folder = $windows; filter = 'MEMORY.DMP' }
    @{ folder = "$reports\ReportQueue"; filter = '*' }
    @{ folder = "$reports\ReportArchive"; filter = '*' }
}

function Get-PlaceItem {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Place)
    if (-not (Test-Path -LiteralPath $Place.folder -PathType Container)) { return }
    Get-ChildItem -LiteralPath $Place.folder -Filter $Place.filter -Force -ErrorAction SilentlyContinue
}

# Bytes of a file or of all files below a folder.
function Get-ItemSize {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Item)
    # Of a file, Get-ChildItem -Recurse may look for its name in all folders below.
    if (-not $Item.PSIsContainer) { return [int64]$Item.Length }
    $sum = [int64]0
    foreach ($file in @(Get-ChildItem -LiteralPath $Item.FullName -Recurse -File -Force -ErrorAction SilentlyContinue)) { $sum += [int64]$file.Length }
    return $sum
}

function Get-FreeSpace {
    return [int64](Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID = '$env:SystemDrive'").FreeSpace
}

# {freeBytes, places: [{folder, filter, bytes}] that hold anything, pendingReboot: [reasons]}
function Get-CleanupState {
    [CmdletBinding()]
    param()
    $places = @()
    foreach ($place in @(Get-CleanupPlace)) {
        $items = @(Get-PlaceItem -Place $place)
        if ($items.Count -eq 0) { continue }
        $bytes = [int64]0
        foreach ($item in $items) { $bytes += Get-ItemSize -Item $item }
        $places += @{ folder = $place.folder; filter = $place.filter; bytes = $bytes }
    }
    return @{ freeBytes = (Get-FreeSpace); places = @($places); pendingReboot = @(Get-PendingReboot) }
}

function Clear-CleanupPlace {
    [CmdletBinding()]
    param()
    # Both hold their caches open. They start again when they are needed.
    Stop-Service -Name 'wuauserv', 'bits' -Force -ErrorAction SilentlyContinue
    foreach ($place in @(Get-CleanupPlace)) {
        foreach ($item in @(Get-PlaceItem -Place $place)) { Remove-Item -LiteralPath $item.FullName -Recurse -Force -ErrorAction SilentlyContinue }
    }
}

# Returns true when Windows wants a restart before or after it.
function Clear-ComponentStore {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][bool]$ResetBase)
    Wait-ServicingDone -Minutes 15
    if (@(Get-PendingReboot).Count -gt 0) { return $true }
    # /ResetBase drops what is needed to uninstall an update. Payloads of features stay: a later installation needs them.
    $arguments = @('/Online', '/Cleanup-Image', '/StartComponentCleanup')
    if ($ResetBase) { $arguments += '/ResetBase' }
    $end = Invoke-Native -FilePath (Join-Path -Path $env:SystemRoot -ChildPath 'System32\dism.exe') -ArgumentList $arguments -AnyCode
    $end.lines | Select-Object -Last 3 | ForEach-Object -Process { Write-IngotLog -Message $_ }
    if ($end.exitCode -eq 0) { return $false }
    $code = '0x{0:x8}' -f $end.exitCode
    if ($end.exitCode -eq 3010 -or $code -eq $Pending) { return $true }
    Stop-Ingot -Code "servicing.$code" -Message ('Expected dism.exe to clean the component store, found {0}. {1}' -f $code, (@($end.lines | Select-Object -Last 2) -join ' '))
}

function Clear-AllEventLog {
    [CmdletBinding()]
    param()
    $count = 0
    foreach ($log in @(Get-WinEvent -ListLog '*' -ErrorAction SilentlyContinue | Where-Object -FilterScript { $null -ne $_.RecordCount -and $_.RecordCount -gt 0 })) {
        try {
            [System.Diagnostics.Eventing.Reader.EventLogSession]::GlobalSession.ClearLog($log.LogName)
            $count += 1
        }
        # Those of tracing cannot be emptied while they are on.
        catch { Write-IngotLog -Message ('{0} stays: {1}' -f $log.LogName, $_.Exception.Message) }
    }
    return $count
}

# Tells the datastore which blocks are free. No zeroes are written: a thin disk would grow to its full size.
function Invoke-Retrim {
    [CmdletBinding()]
    param()
    try {
        $lines = @(Optimize-Volume -DriveLetter $env:SystemDrive.Substring(0, 1) -ReTrim -Verbose 4>&1 | ForEach-Object -Process { [string]$_ })
        return 'trimmed: {0}' -f (@($lines | Select-Object -Last 1) -join ' ')
    }
    # A thick disk, or one on a datastore that gives nothing back: no fault of the image.
    catch { return 'not trimmed: {0}' -f $_.Exception.Message }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $store = [string](Get-IngotProperty -InputObject $Parameter -Name 'componentStore' -Default 'cleanup')
    if (@('cleanup', 'reset-base', 'none') -cnotcontains $store) { Stop-Ingot -Code 'guest.parameters' -Message "Expected cleanup, reset-base or none as componentStore, found $store." }
    $logs = [bool](Get-IngotProperty -InputObject $Parameter -Name 'eventLogs' -Default $false)
    $retrim = [bool](Get-IngotProperty -InputObject $Parameter -Name 'retrim' -Default $true)
    $before = Get-CleanupState
    if ($Test) { return (New-IngotResult -Changed ($before.places.Count -gt 0) -Before $before -After $before) }

    $evidence = @()
    $free = $before.freeBytes
    # First: DISM needs space of its own.
    Write-IngotProgress -Message 'Removing temporary files, caches and dumps' -Done 0 -Total 4
    Clear-CleanupPlace
    $now = Get-FreeSpace
    $evidence += ('files: {0} bytes freed' -f ($now - $free))
    $free = $now
    $restart = $false
    if ($store -ne 'none') {
        Write-IngotProgress -Message 'Cleaning the component store' -Done 1 -Total 4
        $restart = Clear-ComponentStore -ResetBase ($store -eq 'reset-base')
        $now = Get-FreeSpace
        $evidence += if ($restart) { 'component store: a restart is pending' } else { 'component store: {0} bytes freed' -f ($now - $free) }
    }
    if ($logs) {
        Write-IngotProgress -Message 'Emptying the event logs' -Done 2 -Total 4
        $evidence += ('event logs: {0} emptied' -f (Clear-AllEventLog))
    }
    # After the restart, and once all is free that will be.
    if ($retrim -and -not $restart) {
        Write-IngotProgress -Message 'Trimming the disk' -Done 3 -Total 4
        $evidence += ('disk: {0}' -f (Invoke-Retrim))
    }
    New-IngotResult -Changed $true -Before $before -After (Get-CleanupState) -RebootRequired $restart -Evidence $evidence
}
