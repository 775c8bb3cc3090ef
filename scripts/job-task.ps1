# What the scheduled task of a job runs: one of ingot's scripts, with its output in the job's log. It tells how far that is
# over guestinfo, where vCenter shows it while nobody is connected, and leaves the exit code when the script has ended.
[CmdletBinding()]
param([Parameter(Mandatory = $true)][string]$Name)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-job.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

$Path = Get-IngotJobPath -Name $Name
# A value of guestinfo is a setting of the VM: small, and not written all the time.
$TellSeconds = 5
$MessageLength = 200
# A script that talks without end must not fill the disk; what it says to ingot is kept.
$LogLimit = 8MB
$Utf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false

# What a process ends with that a shutdown of Windows takes along (ntstatus.h): STATUS_CONTROL_C_EXIT, DBG_TERMINATE_PROCESS,
# STATUS_DLL_INIT_FAILED where it was only just starting.
$ShutdownCode = @(-1073741510, 1073807364, -1073741502)

# Opened and closed for each line: only then does Windows tell who watches the folder that the file has grown.
function Add-JobLine {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Line)
    $isMarker = $Line.StartsWith('##ingot:')
    if ($script:LogLength -gt $LogLimit -and -not $isMarker) { return }
    $text = $Line + "`n"
    if (-not $isMarker -and ($script:LogLength + $text.Length) -gt $LogLimit) { $text = "The log is full: the rest is left out`n" }
    $script:LogLength += $Utf8.GetByteCount($text)
    # A virus scanner may hold the file for a moment.
    for ($try = 1; ; $try++) {
        try { [System.IO.File]::AppendAllText($Path.log, $text, $Utf8); return }
        catch [System.IO.IOException] {
            if ($try -ge 50) { throw }
            Start-Sleep -Milliseconds 100
        }
    }
}

function Send-JobState {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$State, [object]$Progress = $null)
    $value = @{ name = $Name; id = [string]$script:Job.id; state = $State; message = '' }
    if ($null -ne $Progress) {
        $message = [string](Get-IngotProperty -InputObject $Progress -Name 'message' -Default '')
        $value.message = $message.Substring(0, [Math]::Min($MessageLength, $message.Length))
        foreach ($count in @('done', 'total')) {
            $number = Get-IngotProperty -InputObject $Progress -Name $count
            if ($null -ne $number) { $value[$count] = [int64]$number }
        }
    }
    # What cannot be told is no reason to give the job up.
    try { [void](Publish-IngotReport -Name 'job' -Value $value) }
    catch { Write-Verbose -Message 'told with the next change' }
}

# Runs the script to its end; returns its exit code and what it wrote to standard error.
function Invoke-JobScript {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][byte[]]$Parameter)
    $program = Join-Path -Path $env:SystemRoot -ChildPath 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $file = Join-Path -Path $PSScriptRoot -ChildPath ([string]$script:Job.script)
    $arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "{0}"' -f $file
    if ($script:Job.test) { $arguments += ' -Test' }
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo -ArgumentList $program, $arguments
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = $start.StandardErrorEncoding = $Utf8
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        # As bytes: the writer of .NET may begin with a byte order mark.
        $process.StandardInput.BaseStream.Write($Parameter, 0, $Parameter.Length)
        $process.StandardInput.Close()
        $errorText = $process.StandardError.ReadToEndAsync()
        $told = [System.Diagnostics.Stopwatch]::StartNew()
        while ($null -ne ($line = $process.StandardOutput.ReadLine())) {
            Add-JobLine -Line $line
            if (-not $line.StartsWith('##ingot:progress ') -or $told.Elapsed.TotalSeconds -lt $TellSeconds) { continue }
            $told.Restart()
            # A script of the user's may write anything behind the marker.
            try { $progress = ConvertFrom-Json -InputObject $line.Substring('##ingot:progress '.Length) }
            catch { continue }
            if ($null -ne $progress) { Send-JobState -State 'running' -Progress $progress }
        }
        $process.WaitForExit()
        $errors = $errorText.Result
        return @{ exitCode = $process.ExitCode; stderr = $errors.Substring([Math]::Max(0, $errors.Length - 16000)) }
    }
    catch {
        # Nobody would follow it, and the same job could be started beside it.
        if (-not $process.HasExited) { $process.Kill() }
        throw
    }
    finally { $process.Dispose() }
}

$script:LogLength = 0
$script:Job = Read-IngotJobFile -Path $Path.state
if ($null -eq $script:Job) { exit 1 }
$end = @{ exitCode = 1; stderr = '' }
try {
    $parameter = [System.IO.File]::ReadAllBytes($Path.parameters)
    # It may hold secrets: nothing needs it any more.
    Remove-Item -LiteralPath $Path.parameters -Force
    Send-JobState -State 'running'
    $end = Invoke-JobScript -Parameter $parameter
}
catch { Add-JobLine -Line ('##ingot:error {0}' -f (ConvertTo-IngotJson -InputObject (ConvertFrom-IngotError -ErrorRecord $_))) }
finally { Remove-Item -LiteralPath $Path.parameters -Force -ErrorAction SilentlyContinue }
# Windows ended the script, and not it itself: without a result the job is known to have been cut off by the restart.
if ($ShutdownCode -contains $end.exitCode) { exit $end.exitCode }
# Last: as soon as the result lies here, the job may be taken away and Windows restarted.
Set-IngotFile -Path $Path.result -Text (ConvertTo-IngotJson -InputObject $end)
Send-JobState -State 'ended'
exit 0
